/** Deploying: onto a bare chain, onto one that has its token and registry, and what the profiles record of it. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import * as v from 'valibot';
import { createPublicClient, http } from 'viem';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deploy } from '../../contracts/deploy.ts';
import { address } from '../../shared/base/units.ts';
import { hermeChannelsAbi } from '../../shared/wire/abi.ts';
import { NetworkProfileSchema } from '../../shared/wire/network.ts';
import { type Anvil, DEV_KEYS, startAnvil } from '../anvil.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const NETWORKS = path.join(ROOT, 'manifest/networks');
const folder = mkdtempSync(path.join(tmpdir(), 'warren-deploy-'));
const keyFile = path.join(folder, 'key');

let anvil: Anvil;
beforeAll(async () => {
  anvil = await startAnvil();
  writeFileSync(keyFile, `${DEV_KEYS[1]}\n`);
});
afterAll(async () => {
  await anvil?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('every recorded network is a whole profile under its own name', () => {
  const files = readdirSync(NETWORKS);
  expect(files).toContain('local.json');
  for (const file of files) {
    const profile = v.parse(NetworkProfileSchema, JSON.parse(readFileSync(path.join(NETWORKS, file), 'utf8')));
    expect(`${profile.name}.json`).toBe(file);
  }
});

test('where token and registry exist, only the channels are deployed, on that token', async () => {
  const { rpcUrl } = anvil;
  const first = await deploy({ rpcUrl, deployerKey: DEV_KEYS[0] });
  const { token, didRegistry } = first;
  const second = await deploy({ rpcUrl, deployerKey: DEV_KEYS[0], token, didRegistry });
  expect(second).toMatchObject({ token, didRegistry, blockNumber: first.blockNumber + 3 });
  const client = createPublicClient({ transport: http(rpcUrl) });
  const held = await client.readContract({ address: second.channels, abi: hermeChannelsAbi, functionName: 'token' });
  expect(address(held)).toBe(token);
  expect(await client.getTransactionCount({ address: '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266' })).toBe(4);
});

test('an address that holds no contract is refused before anything is sent', async () => {
  const nothing = address(`0x${'12'.repeat(20)}`);
  const deploying = deploy({ rpcUrl: anvil.rpcUrl, deployerKey: DEV_KEYS[2], token: nothing });
  await expect(deploying).rejects.toThrow(`there is no contract at ${nothing}`);
});

test('the command prints what a profile records of the chain', async () => {
  const script = path.join(ROOT, 'contracts/deploy.ts');
  const run = promisify(execFile)(process.execPath, [script, '--rpc', anvil.rpcUrl, '--key-file', keyFile]);
  const printed: unknown = JSON.parse((await run).stdout);
  const others = { name: 'x', rpcUrl: anvil.rpcUrl, coinSymbol: 'ETH', explorer: null, confirmations: 1 };
  const helpers = { relays: ['ws://127.0.0.1:1'], stun: [{ host: '127.0.0.1', port: 1 }] };
  const profile = v.parse(NetworkProfileSchema, { ...others, ...helpers, ...(printed as object) });
  expect(profile).toMatchObject({ chainId: 31337, tokenName: 'Test MYST', tokenSymbol: 'tMYST', tokenDecimals: 18 });
});
