import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKeystore, keystoreFacts, loadKeys } from '../../../provider/keystore.ts';
import { toHex } from '../../../shared/base/bytes.ts';
import { address } from '../../../shared/base/units.ts';

const PASSWORD = 'correct horse battery';
const ACCOUNT = address(`0x${'ab'.repeat(20)}`);
const KEYS = { identity: Uint8Array.from(randomBytes(32)), hot: Uint8Array.from(randomBytes(32)) };
let folder: string;
let path: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'warren-keystore-'));
  path = join(folder, 'deep', 'keystore.json');
  await createKeystore(path, PASSWORD, ACCOUNT, KEYS);
});
afterAll(() => rm(folder, { recursive: true }));

describe('the keystore', () => {
  it('gives the keys back for the right password', async () => {
    expect(await loadKeys(path, PASSWORD)).toEqual({ ...KEYS, address: ACCOUNT });
  });

  it('refuses a wrong password with its own code', async () => {
    await expect(loadKeys(path, 'correct horse batterz')).rejects.toMatchObject({ code: 'password_wrong' });
  });

  it('names its account without the password', async () => {
    expect(await keystoreFacts(path)).toEqual({ address: ACCOUNT, cold: false });
  });

  it('holds the hot key alone where the identity is cold, and says so', async () => {
    const cold = join(folder, 'cold.json');
    await createKeystore(cold, PASSWORD, ACCOUNT, { identity: null, hot: KEYS.hot });
    expect(await keystoreFacts(cold)).toEqual({ address: ACCOUNT, cold: true });
    expect(await loadKeys(cold, PASSWORD)).toEqual({ identity: null, hot: KEYS.hot, address: ACCOUNT });
  });

  it('holds no key in clear and is readable by its owner only', async () => {
    const text = await readFile(path, 'utf8');
    for (const key of Object.values(KEYS)) expect(text).not.toContain(toHex(key).slice(2));
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('never writes over another one', async () => {
    await expect(createKeystore(path, PASSWORD, ACCOUNT, KEYS)).rejects.toMatchObject({ code: 'internal' });
    expect(await loadKeys(path, PASSWORD)).toMatchObject(KEYS);
  });

  it('wants a password of at least 8 characters', async () => {
    await expect(createKeystore(join(folder, 'x.json'), 'short', ACCOUNT, KEYS)).rejects.toMatchObject({
      code: 'password_wrong',
    });
  });

  it('does not open when its account was changed in the file', async () => {
    const store = JSON.parse(await readFile(path, 'utf8'));
    await writeFile(join(folder, 'forged.json'), JSON.stringify({ ...store, address: `0x${'cd'.repeat(20)}` }));
    await expect(loadKeys(join(folder, 'forged.json'), PASSWORD)).rejects.toMatchObject({ code: 'password_wrong' });
  });

  it('refuses a file with a cost that would eat the memory, and a missing one', async () => {
    const store = JSON.parse(await readFile(path, 'utf8'));
    await writeFile(join(folder, 'costly.json'), JSON.stringify({ ...store, kdf: { ...store.kdf, N: 2 ** 30 } }));
    await expect(loadKeys(join(folder, 'costly.json'), PASSWORD)).rejects.toMatchObject({ code: 'wallet_missing' });
    await expect(loadKeys(join(folder, 'none.json'), PASSWORD)).rejects.toMatchObject({ code: 'wallet_missing' });
  });
});
