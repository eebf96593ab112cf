/** The EVM chain of the lab (anvil) with Warren's contracts on it, and the hand that gives out test money. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeFunctionData, erc20Abi, type Hex, hexToBigInt, parseAbi, parseEther } from 'viem';
import { type Address, address, type Wei } from '../../shared/base/units.ts';
import type { NetworkProfile } from '../../shared/wire/network.ts';
import type { Lab } from './lab.ts';
import { type Family, inUrl, SERVERS, SERVERS6 } from './servers.ts';
import { RPC_PORT, RPC_URL } from './world.ts';

export const CHAIN_ID = 31_337;
/** Account 0 of anvil's published mnemonic: money of a toy chain, known to everybody. */
const DEPLOYER_KEY = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80';
const DEPLOYER = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266';

export interface Chain {
  readonly contracts: Pick<NetworkProfile, 'channels' | 'didRegistry' | 'token'>;
  readonly deployedAtBlock: number;
  /** Test tokens and coins, from the deployer. Amounts as decimal text, in whole units. */
  give(to: Address, amounts: { readonly token?: string; readonly coin?: string }): Promise<void>;
  tokenBalance(of: Address): Promise<Wei>;
  call(to: Address, data: Hex): Promise<Hex>;
}

export async function startChain(lab: Lab): Promise<Chain> {
  const anvil = lab.start({
    name: 'anvil',
    namespace: lab.inet,
    command: lab.source('node_modules/.bin/anvil'),
    args: ['--host', `${SERVERS.chain},${SERVERS6.chain}`, '--port', String(RPC_PORT), '--chain-id', String(CHAIN_ID)],
  });
  await anvil.prints(/Listening on/);
  const folder = lab.runtimeFolder('chain');
  const keyFile = join(folder, 'deployer.key');
  writeFileSync(keyFile, DEPLOYER_KEY);
  chmodSync(keyFile, 0o600);
  const deploy = lab.startNode({
    name: 'deploy',
    namespace: lab.inet,
    file: 'contracts/deploy.ts',
    args: ['--rpc', RPC_URL, '--key-file', keyFile],
  });
  if ((await deploy.exited) !== 0) throw new Error(`the contracts could not be deployed\n${deploy.tail()}`);
  const deployed = JSON.parse(deploy.output.slice(deploy.output.indexOf('{'))) as {
    readonly channels: Address;
    readonly didRegistry: Address;
    readonly token: Address;
    readonly deployedAtBlock: number;
  };
  const { deployedAtBlock, ...contracts } = deployed;
  const call = async (to: Address, data: Hex): Promise<Hex> =>
    (await lab.rpc('eth_call', [{ to, data }, 'latest'])) as Hex;

  type Transaction = { readonly to: Address; readonly data?: Hex; readonly value?: Hex };
  let last: Promise<void> = Promise.resolve();

  /** One after the other: anvil gives two at once the same nonce, and refuses the second. */
  function send(transaction: Transaction): Promise<void> {
    const sent = last.then(() => sendNow(transaction));
    last = sent.catch(() => {});
    return sent;
  }

  async function sendNow(transaction: Transaction): Promise<void> {
    const hash = await lab.rpc('eth_sendTransaction', [{ from: DEPLOYER, ...transaction }]);
    let receipt: { readonly status: Hex } | null = null;
    // anvil mines by itself, but on a busy machine not before it answers.
    for (let tries = 0; tries < 200 && !receipt; tries++) {
      if (tries > 0) await new Promise((resolve) => setTimeout(resolve, 25));
      receipt = (await lab.rpc('eth_getTransactionReceipt', [hash])) as { readonly status: Hex } | null;
    }
    if (receipt?.status !== '0x1') throw new Error(`a transaction of the lab's deployer failed: ${hash}`);
  }

  return {
    contracts,
    deployedAtBlock,
    call,
    async give(to, { token, coin }) {
      if (coin) await send({ to, value: `0x${parseEther(coin).toString(16)}` });
      if (token) {
        const args = [to, parseEther(token)] as const;
        const abi = parseAbi(['function mint(address to, uint256 amount)']);
        await send({ to: contracts.token, data: encodeFunctionData({ abi, functionName: 'mint', args }) });
      }
    },
    async tokenBalance(of) {
      const data = encodeFunctionData({ abi: erc20Abi, functionName: 'balanceOf', args: [of] });
      return hexToBigInt(await call(contracts.token, data));
    },
  };
}

/** The network profile that every part of the lab is started with: chain, contracts, helpers. */
export function profileOf(
  chain: Chain,
  ports: { readonly stun: number; readonly relay: number },
  family: Family = 4,
): NetworkProfile {
  const servers = family === 4 ? SERVERS : SERVERS6;
  const [first, second] = servers.helper;
  return {
    name: 'lab',
    chainId: CHAIN_ID,
    rpcUrl: `http://${inUrl(servers.chain)}:${RPC_PORT}`,
    channels: address(chain.contracts.channels),
    didRegistry: address(chain.contracts.didRegistry),
    token: address(chain.contracts.token),
    tokenName: 'Test MYST',
    tokenSymbol: 'tMYST',
    tokenDecimals: 18,
    coinSymbol: 'ETH',
    explorer: null,
    confirmations: 0,
    deployedAtBlock: chain.deployedAtBlock,
    relays: [`ws://${inUrl(first)}:${ports.relay}`],
    stun: [
      { host: first, port: ports.stun },
      { host: second, port: ports.stun },
    ],
  };
}
