/**
 * The provider's keys in one encrypted file: the identity (the DID's key, which is paid and sends
 * transactions) and the hot key (its delegate, which signs handshakes and offers). Where the identity is
 * kept cold, elsewhere, the file holds the hot key alone. scrypt (RFC 7914) + AES-256-GCM of node:crypto;
 * no key leaves this module but to the caller's memory.
 */
import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as v from 'valibot';
import { fromHex, toHex } from '../shared/base/bytes.ts';
import { CALLED } from '../shared/base/called.ts';
import { WarrenError } from '../shared/base/errors.ts';
import type { Address } from '../shared/base/units.ts';
import { AddressSchema, HexSchema } from '../shared/wire/schema.ts';

/** Private keys, 32 bytes each. */
export interface Keys {
  /** Null: it is cold, and not on this machine. */
  readonly identity: Uint8Array | null;
  readonly hot: Uint8Array;
}

/** 2^17 · 8 · 128 B = 128 MiB and about half a second a guess (OWASP's first choice for scrypt). */
const COST = { N: 2 ** 17, r: 8, p: 1 } as const;

const KeystoreSchema = v.object({
  version: v.literal(1),
  /** In clear, so that `status` and backups can name the account; bound to the ciphertext as its AAD. */
  address: AddressSchema,
  kdf: v.object({
    name: v.literal('scrypt'),
    // Bounded: a file from elsewhere must not make us allocate gigabytes.
    N: v.picklist([2 ** 14, 2 ** 15, 2 ** 16, 2 ** 17, 2 ** 18]),
    r: v.literal(8),
    p: v.picklist([1, 2, 4]),
    salt: HexSchema(32),
  }),
  cipher: v.object({ name: v.literal('aes-256-gcm'), nonce: HexSchema(12), tag: HexSchema(16) }),
  /** 64 bytes: identity, then hot key; 32: the hot key of a cold identity. */
  ciphertext: v.union([HexSchema(64), HexSchema(32)]),
});
type Keystore = v.InferOutput<typeof KeystoreSchema>;

/** @throws WarrenError wallet_missing (no such file), password_wrong. */
export async function loadKeys(path: string, password: string): Promise<Keys & { readonly address: Address }> {
  const store = await readKeystore(path);
  const { salt, ...cost } = store.kdf;
  const key = await derive(password, fromHex(salt), cost);
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, fromHex(store.cipher.nonce));
    decipher.setAAD(associated(store.address));
    decipher.setAuthTag(fromHex(store.cipher.tag));
    const plain = Buffer.concat([decipher.update(fromHex(store.ciphertext)), decipher.final()]);
    const identity = plain.length === 64 ? Uint8Array.from(plain.subarray(0, 32)) : null;
    const keys = { identity, hot: Uint8Array.from(plain.subarray(-32)) };
    plain.fill(0);
    return { ...keys, address: store.address };
  } catch (cause) {
    throw new WarrenError('password_wrong', 'The keystore does not open with this password.', 'Try it again.', {
      cause,
    });
  } finally {
    key.fill(0);
  }
}

/** What a keystore says without being opened. @throws WarrenError wallet_missing. */
export async function keystoreFacts(path: string): Promise<{ readonly address: Address; readonly cold: boolean }> {
  const { address, ciphertext } = await readKeystore(path);
  return { address, cold: ciphertext.length === 2 + 2 * 32 };
}

/** Writes a new keystore, mode 0600, whole or not at all. @throws WarrenError when one is there already. */
export async function createKeystore(path: string, password: string, address: Address, keys: Keys): Promise<void> {
  if (password.length < 8)
    throw new WarrenError('password_wrong', 'The password is too short.', 'Choose at least 8 characters.');
  const salt = randomBytes(32);
  const nonce = randomBytes(12);
  const key = await derive(password, salt, COST);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(associated(address));
  const secrets = keys.identity ? [keys.identity, keys.hot] : [keys.hot];
  const ciphertext = Buffer.concat([...secrets.map((secret) => cipher.update(secret)), cipher.final()]);
  key.fill(0);
  const store: Keystore = {
    version: 1,
    address,
    kdf: { name: 'scrypt', ...COST, salt: toHex(salt) },
    cipher: { name: 'aes-256-gcm', nonce: toHex(nonce), tag: toHex(cipher.getAuthTag()) },
    ciphertext: toHex(ciphertext),
  };
  await writeNew(path, `${JSON.stringify(store, null, 2)}\n`);
}

async function readKeystore(path: string): Promise<Keystore> {
  const missing = (cause: unknown) =>
    new WarrenError('wallet_missing', `There is no usable keystore at ${path}.`, `Run "${CALLED.provider('init')}".`, {
      cause,
    });
  try {
    return v.parse(KeystoreSchema, JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    throw missing(cause);
  }
}

function derive(password: string, salt: Uint8Array, cost: { N: number; r: number; p: number }): Promise<Buffer> {
  const maxmem = 256 * cost.N * cost.r + 2 ** 20;
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, 32, { ...cost, maxmem }, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}

function associated(address: Address): Uint8Array {
  return new TextEncoder().encode(`warren-keystore-1 ${address}`);
}

/** A key lost to a half-written file is money lost: write beside it, flush, then move into place. */
async function writeNew(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const claim = await open(path, 'wx', 0o600).catch((cause: unknown) => {
    throw new WarrenError('internal', `${path} exists already.`, 'Move it away first: it may hold money.', { cause });
  });
  await claim.close();
  const temporary = `${path}.new`;
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}
