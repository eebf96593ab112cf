/** The committed bytecode and ABIs are what the sources compile to, and the committed local profile is what they deploy to. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { generate } from '../../contracts/build.ts';
import { NetworkProfileSchema } from '../../shared/wire/network.ts';
import { deployedProfile, startAnvil } from '../anvil.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

test('the sources compile to the committed artifacts byte for byte', () => {
  const fresh = generate();
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
