/** The committed bytecode and ABIs are what the sources compile to, and the committed local profile is what they deploy to. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as v from 'valibot';
import { afterAll, expect, test } from 'vitest';
import { generate } from '../../contracts/build.ts';
import { NetworkProfileSchema } from '../../shared/wire/network.ts';
import { deployedProfile, startAnvil } from '../anvil.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const out = mkdtempSync(path.join(tmpdir(), 'warren-forge-'));
afterAll(() => rmSync(out, { recursive: true, force: true }));

test('a fresh build in another folder gives the committed artifacts byte for byte', () => {
  const fresh = generate(out);
  expect(Object.keys(fresh)).toHaveLength(4);
  for (const [file, text] of Object.entries(fresh)) {
    expect(readFileSync(path.join(ROOT, file), 'utf8') === text, `${file} is stale: npm run contracts:build`).toBe(
      true,
    );
  }
});

test('the local network profile names the addresses that a first deployment gives', async () => {
  const text = readFileSync(path.join(ROOT, 'manifest/networks/local.json'), 'utf8');
  const local = v.parse(NetworkProfileSchema, JSON.parse(text));
  const anvil = await startAnvil();
  try {
    const { channels, didRegistry, token, chainId, tokenName, deployedAtBlock } = await deployedProfile(anvil.rpcUrl);
    expect(local).toMatchObject({ channels, didRegistry, token, chainId, tokenName, deployedAtBlock });
  } finally {
    await anvil.stop();
  }
});
