/** A chain of its own for one test file: anvil on a free port of loopback, mining at once. Stop it in `finally`. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { privateKeyToAddress } from 'viem/accounts';
import { deploy } from '../contracts/deploy.ts';
import type { Hex } from '../shared/base/bytes.ts';
import { type Address, address } from '../shared/base/units.ts';
import type { NetworkProfile } from '../shared/wire/network.ts';

const BIN = path.resolve(import.meta.dirname, '../node_modules/.bin/anvil');

/** The first three of anvil's public development accounts ("test test … junk"), 10,000 coins each. */
export const DEV_KEYS: readonly [Hex, Hex, Hex] = [
  '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80',
  '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d',
  '0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a',
];

export function accountOf(key: Hex): Address {
  return address(privateKeyToAddress(key));
}

export interface Anvil {
  readonly rpcUrl: string;
  /** A raw JSON-RPC call, for anvil's own methods. */
  rpc<T>(method: string, ...params: readonly unknown[]): Promise<T>;
  stop(): Promise<void>;
}

export async function startAnvil(...extra: readonly string[]): Promise<Anvil> {
  const child = spawn(BIN, ['--port', '0', '--accounts', '3', ...extra], { stdio: ['ignore', 'pipe', 'pipe'] });
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  const rpcUrl = await listening(child);
  return {
    rpcUrl,
    async rpc<T>(method: string, ...params: readonly unknown[]): Promise<T> {
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
      const response = await fetch(rpcUrl, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      const answer = (await response.json()) as { result: T; error?: { message: string } };
      if (answer.error) throw new Error(`${method}: ${answer.error.message}`);
      return answer.result;
    },
    async stop() {
      process.removeListener('exit', kill);
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      kill();
      await gone;
    },
  };
}

/** Deploys with the first development account and returns a profile for the result. @param token one that is there already. */
export async function deployedProfile(rpcUrl: string, token?: Address): Promise<NetworkProfile> {
  const { blockNumber, ...contracts } = await deploy({ rpcUrl, deployerKey: DEV_KEYS[0], token });
  return {
    name: 'test',
    chainId: 31337,
    rpcUrl,
    ...contracts,
    deployedAtBlock: blockNumber,
    tokenName: 'Test MYST',
    tokenSymbol: 'tMYST',
    tokenDecimals: 18,
    coinSymbol: 'ETH',
    explorer: null,
    confirmations: 0,
    relays: ['ws://127.0.0.1:1'],
    stun: [{ host: '127.0.0.1', port: 1 }],
  };
}

async function listening(child: ChildProcess): Promise<string> {
  if (!child.stdout || !child.stderr) throw new Error('anvil has no output');
  child.stderr.resume();
  for await (const line of createInterface({ input: child.stdout })) {
    const match = /^Listening on ([\d.]+:\d+)/.exec(line);
    if (!match) continue;
    child.stdout.resume();
    return `http://${match[1]}`;
  }
  throw new Error('anvil ended before it listened');
}
