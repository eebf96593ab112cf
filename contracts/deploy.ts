/**
 * Puts HermeChannels on a chain, with a test token and an ERC-1056 registry where none are given. Where real MYST
 * exists it must be given: the test token is for the lab and for test networks.
 *
 *   node contracts/deploy.ts --rpc URL --key-file FILE [--token ADDRESS] [--registry ADDRESS]
 *
 * prints the chain's part of a network profile (manifest/networks/NAME.json) as JSON.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createPublicClient, createWalletClient, type Hex, http, publicActions } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { type Address, address } from '../shared/base/units.ts';
import { erc20PermitAbi } from '../shared/wire/abi.ts';
import registryArtifact from './artifacts/EthereumDIDRegistry.json' with { type: 'json' };
import channelsArtifact from './artifacts/HermeChannels.json' with { type: 'json' };
import tokenArtifact from './artifacts/TestMyst.json' with { type: 'json' };

export interface Deployment {
  readonly channels: Address;
  readonly didRegistry: Address;
  /** Where it is ours, the deployer alone may call `mint(to, amount)` on it. */
  readonly token: Address;
  /** Block of the first that was deployed: logs of the channels begin after it. */
  readonly blockNumber: number;
}

export interface DeployOptions {
  readonly rpcUrl: string;
  readonly deployerKey: Hex;
  /** Contracts that are there already. */
  readonly token?: Address | undefined;
  readonly didRegistry?: Address | undefined;
}

/**
 * At most three transactions, one after the other, so the addresses depend on nothing but the deployer and its nonce.
 * @throws when one of them is refused or not mined within a minute, or when a given address holds no code.
 */
export async function deploy(options: DeployOptions): Promise<Deployment> {
  const client = createWalletClient({
    account: privateKeyToAccount(options.deployerKey),
    transport: http(options.rpcUrl),
  }).extend(publicActions);

  const create = async (artifact: { abi: unknown; bytecode: string }, args: readonly unknown[]) => {
    const hash = await client.deployContract({
      abi: artifact.abi as [],
      bytecode: artifact.bytecode as Hex,
      args: args as [],
      chain: null,
    });
    // Polled by hand: viem's waiting can miss a block that is mined at once.
    for (const end = Date.now() + 60_000; Date.now() < end; ) {
      const receipt = await client.getTransactionReceipt({ hash }).catch(() => null);
      if (receipt?.status === 'reverted') throw new Error(`deployment ${hash} was reverted`);
      if (receipt?.contractAddress) return { at: address(receipt.contractAddress), block: Number(receipt.blockNumber) };
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`deployment ${hash} was not mined within a minute`);
  };

  for (const given of [options.token, options.didRegistry]) {
    if (given && !(await client.getCode({ address: given }))) throw new Error(`there is no contract at ${given}`);
  }
  const token = options.token ? { at: options.token, block: Infinity } : await create(tokenArtifact, []);
  const channels = await create(channelsArtifact, [token.at]);
  const didRegistry = options.didRegistry ?? (await create(registryArtifact, [])).at;
  const blockNumber = Math.min(token.block, channels.block);
  return { channels: channels.at, didRegistry, token: token.at, blockNumber };
}

/** What a profile says about chain and token, as they say it themselves. */
async function facts(rpcUrl: string, token: Address) {
  const client = createPublicClient({ transport: http(rpcUrl) });
  const ask = (functionName: 'name' | 'symbol' | 'decimals') =>
    client.readContract({ address: token, abi: erc20PermitAbi, functionName });
  const [tokenName, tokenSymbol, tokenDecimals] = [await ask('name'), await ask('symbol'), await ask('decimals')];
  return { chainId: await client.getChainId(), tokenName, tokenSymbol, tokenDecimals };
}

async function main(): Promise<number> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ options: { rpc: text, 'key-file': text, token: text, registry: text } });
  if (!values.rpc || !values['key-file']) {
    console.error('usage: node contracts/deploy.ts --rpc URL --key-file FILE [--token ADDRESS] [--registry ADDRESS]');
    return 2;
  }
  const { blockNumber, ...contracts } = await deploy({
    rpcUrl: values.rpc,
    deployerKey: readFileSync(values['key-file'], 'utf8').trim() as Hex,
    token: values.token === undefined ? undefined : address(values.token),
    didRegistry: values.registry === undefined ? undefined : address(values.registry),
  });
  const profile = { ...contracts, deployedAtBlock: blockNumber, ...(await facts(values.rpc, contracts.token)) };
  console.log(JSON.stringify(profile, null, 2));
  return 0;
}

if (import.meta.main) process.exit(await main());
