/**
 * Puts HermeChannels, the ERC-1056 registry and the test token on a chain: for the lab and for test networks.
 * It must not be used where real MYST exists: there only HermeChannels is deployed, on the real token.
 *
 *   node contracts/deploy.ts --rpc http://127.0.0.1:8545 --key-file FILE     prints the profile part as JSON
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createWalletClient, type Hex, http, publicActions } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { type Address, address } from '../shared/base/units.ts';
import registryArtifact from './artifacts/EthereumDIDRegistry.json' with { type: 'json' };
import channelsArtifact from './artifacts/HermeChannels.json' with { type: 'json' };
import tokenArtifact from './artifacts/TestMyst.json' with { type: 'json' };

export interface Deployment {
  readonly channels: Address;
  readonly didRegistry: Address;
  /** The deployer alone may call `mint(to, amount)` on it. */
  readonly token: Address;
  /** Block of the first of the three: logs begin here. */
  readonly blockNumber: number;
}

/**
 * Three transactions, one after the other, so the addresses depend on nothing but the deployer and its nonce.
 * @throws when one of them is refused or not mined within a minute.
 */
export async function deploy(options: { readonly rpcUrl: string; readonly deployerKey: Hex }): Promise<Deployment> {
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

  const token = await create(tokenArtifact, []);
  const channels = await create(channelsArtifact, [token.at]);
  const registry = await create(registryArtifact, []);
  return { channels: channels.at, didRegistry: registry.at, token: token.at, blockNumber: token.block };
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { rpc: { type: 'string' }, 'key-file': { type: 'string' } } });
  if (!values.rpc || !values['key-file']) {
    console.error('usage: node contracts/deploy.ts --rpc URL --key-file FILE');
    process.exit(2);
  }
  const deployerKey = readFileSync(values['key-file'], 'utf8').trim() as Hex;
  const { blockNumber, ...contracts } = await deploy({ rpcUrl: values.rpc, deployerKey });
  console.log(JSON.stringify({ ...contracts, deployedAtBlock: blockNumber }, null, 2));
}
