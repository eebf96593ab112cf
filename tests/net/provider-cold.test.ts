/** An identity whose key is not on the node's machine: the command line and a chain, no network. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { generatePrivateKey } from 'viem/accounts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureRegistered, identityOf } from '../../provider/identity.ts';
import { loadKeys } from '../../provider/keystore.ts';
import { didOf } from '../../shared/base/units.ts';
import { createClock } from '../../shared/node/clock.ts';
import { createLedgerReader } from '../../shared/node/ledger/reader.ts';
import { createLedgerWriter } from '../../shared/node/ledger/writer.ts';
import type { NetworkProfile } from '../../shared/wire/network.ts';
import { type Anvil, accountOf, deployedProfile, startAnvil } from '../anvil.ts';
import { programOf } from '../lab/programs.ts';

const KEY = generatePrivateKey();
const ACCOUNT = accountOf(KEY);
const PASSWORD = 'a test password';
let anvil: Anvil;
let profile: NetworkProfile;
let folder: string;

beforeAll(async () => {
  anvil = await startAnvil();
  profile = await deployedProfile(anvil.rpcUrl);
  await anvil.rpc('anvil_setBalance', ACCOUNT, '0xde0b6b3a7640000');
  folder = await mkdtemp(join(tmpdir(), 'warren-cold-'));
  await writeFile(join(folder, 'network.json'), JSON.stringify(profile));
  await writeFile(join(folder, 'password'), `${PASSWORD}\n`);
  await writeFile(join(folder, 'identity'), KEY);
});
afterAll(async () => {
  await anvil?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Settings by environment, for once. */
function provider(...args: readonly string[]): Promise<{ readonly code: number; readonly text: string }> {
  const env = {
    ...process.env,
    WARREN_PROVIDER_CONFIG: join(folder, 'config.json'),
    WARREN_PROVIDER_NETWORK: join(folder, 'network.json'),
    WARREN_PROVIDER_KEYSTORE: join(folder, 'keystore.json'),
  };
  const line = ['--disable-warning=ExperimentalWarning', resolve(programOf('provider/main.ts')), ...args];
  return new Promise((done) =>
    execFile(process.execPath, [...line, '--password-file', join(folder, 'password')], { env }, (error, out, err) =>
      done({ code: error ? 1 : 0, text: `${out}${err}` }),
    ),
  );
}

describe('a cold identity', () => {
  test('leaves a hot key and no other on the machine', async () => {
    const made = await provider('init', '--cold', ACCOUNT, '--no-check', '--json');
    expect(JSON.parse(made.text)).toMatchObject({ account: ACCOUNT, did: didOf(profile.chainId, ACCOUNT) });
    expect((await loadKeys(join(folder, 'keystore.json'), PASSWORD)).identity).toBeNull();
    expect(await readFile(join(folder, 'config.json'), 'utf8')).toContain('"pricePerMB"');
    expect((await provider('init', '--cold', ACCOUNT, '--no-check')).text).toContain('exists already');
    expect((await provider('withdraw', ACCOUNT)).text).toContain('whose key is not on this machine');
  });

  test('has to let the node speak for it, by its key or by the hand of another wallet', async () => {
    const keys = await loadKeys(join(folder, 'keystore.json'), PASSWORD);
    const identity = identityOf(profile, keys);
    const reader = createLedgerReader(profile);
    const writer = createLedgerWriter(profile, identity.sender.key);
    const ready = () => ensureRegistered(identity, profile, reader, writer, createClock());
    try {
      expect(identity).toMatchObject({ account: ACCOUNT, cold: true, sender: { account: identity.delegate } });
      await expect(ready()).rejects.toMatchObject({ code: 'delegate_unknown' });
      const calls = JSON.parse((await provider('authorize', '--print', '--json')).text) as object[];
      expect(calls[0]).toMatchObject({ from: ACCOUNT, to: profile.didRegistry });
      await writeFile(join(folder, 'wrong'), generatePrivateKey());
      expect((await provider('authorize', '--identity', join(folder, 'wrong'))).text).toContain('not the key of');
      expect((await provider('authorize', '--identity', join(folder, 'identity'), '--days', '30')).text).toContain(
        '30 days',
      );
      await ready();
    } finally {
      reader.close();
    }
  });

  test('gives back the coin that its hot key has for gas, all but the fee', async () => {
    const { delegate } = identityOf(profile, await loadKeys(join(folder, 'keystore.json'), PASSWORD));
    const owner = accountOf(generatePrivateKey());
    const balance = async (of: string) => BigInt(String(await anvil.rpc('eth_getBalance', of, 'latest')));
    expect((await provider('withdraw', owner, '--coin', '--yes')).text).toContain(`holds 0 ETH (${delegate})`);
    await anvil.rpc('anvil_setBalance', delegate, '0xde0b6b3a7640000');
    expect((await provider('withdraw', owner, '1', '--coin', '--yes')).text).toContain(
      'fee of the transfer comes on top',
    );
    expect((await provider('withdraw', owner, '--coin', '--yes')).text).toMatch(/^Sent 0\.99\d+ ETH to /);
    const [sent, left] = [await balance(owner), await balance(delegate)];
    expect(sent).toBeGreaterThan(990n * 10n ** 15n);
    expect(left).toBeLessThan(10n ** 16n);
  });
});
