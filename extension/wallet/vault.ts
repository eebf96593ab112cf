/**
 * The encrypted vault: PBKDF2-SHA-256 (600,000 rounds or more) and AES-256-GCM, through noble, which hands both to the
 * browser's WebCrypto. The parameters are stored in the header; a vault with less than what is written today is
 * rewritten when it is next unlocked.
 *
 * The whole header is GCM's additional data, so nobody can lower the rounds unseen. A new salt and a new IV with every
 * write.
 */
import { gcm } from '@noble/ciphers/webcrypto.js';
import { pbkdf2, sha256 } from '@noble/hashes/webcrypto.js';
import * as v from 'valibot';
import { fromBase64, toBase64, utf8 } from '../../shared/base/bytes.ts';
import { WarrenError } from '../../shared/base/errors.ts';

/** The least that is ever opened: OWASP's figure of 2023. */
export const MIN_ITERATIONS = 600_000;
/** What is written now. Raise it as machines get faster: older vaults follow by themselves. */
export const ITERATIONS = 800_000;
/** More than this and a planted vault could hang the browser for minutes. */
const MAX_ITERATIONS = 5_000_000;
export const MIN_PASSWORD_LENGTH = 8;

const Base64 = v.pipe(v.string(), v.maxLength(4096), v.regex(/^[A-Za-z0-9+/]+={0,2}$/));
const HeaderEntries = {
  version: v.literal(1),
  kdf: v.literal('PBKDF2-SHA-256'),
  iterations: v.pipe(v.number(), v.integer(), v.minValue(MIN_ITERATIONS), v.maxValue(MAX_ITERATIONS)),
  salt: v.pipe(Base64, v.length(44)),
  cipher: v.literal('AES-256-GCM'),
  iv: v.pipe(Base64, v.length(16)),
};
export const VaultSchema = v.object({ ...HeaderEntries, data: Base64 });
export type Vault = v.InferOutput<typeof VaultSchema>;
type Header = Omit<Vault, 'data'>;

export const SecretSchema = v.object({
  phrase: v.pipe(v.string(), v.maxLength(400)),
  /** Tells two devices with one seed apart: each has channel signers of its own. */
  device: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 31 - 1)),
});
export type Secret = v.InferOutput<typeof SecretSchema>;

/** @param iterations rounds of the key derivation; for tests of older vaults only. */
export async function sealVault(secret: Secret, password: string, iterations: number = ITERATIONS): Promise<Vault> {
  const header: Header = {
    version: 1,
    kdf: 'PBKDF2-SHA-256',
    iterations,
    salt: toBase64(crypto.getRandomValues(new Uint8Array(32))),
    cipher: 'AES-256-GCM',
    iv: toBase64(crypto.getRandomValues(new Uint8Array(12))),
  };
  const cipher = await cipherOf(password, header);
  return { ...header, data: toBase64(await cipher.encrypt(utf8(JSON.stringify(secret)))) };
}

/**
 * @throws WarrenError password_wrong for a wrong password or an altered vault (GCM cannot tell them
 * apart), wallet_missing when the stored text is no vault at all.
 */
export async function openVault(stored: unknown, password: string): Promise<Secret> {
  const parsed = v.safeParse(VaultSchema, stored);
  if (!parsed.success) {
    throw new WarrenError('wallet_missing', 'The stored wallet cannot be read.', 'Restore it from your seed words.');
  }
  const { data, ...header } = parsed.output;
  let plain: Uint8Array;
  try {
    plain = await (await cipherOf(password, header)).decrypt(fromBase64(data));
  } catch (cause) {
    throw new WarrenError('password_wrong', 'This password does not open the wallet.', 'Try again.', { cause });
  }
  return v.parse(SecretSchema, JSON.parse(new TextDecoder().decode(plain)));
}

/** Whether this vault was written with less than what is written now. */
export function isOutdated({ iterations }: Pick<Vault, 'iterations'>): boolean {
  return iterations < ITERATIONS;
}

async function cipherOf(password: string, header: Header) {
  const { version, kdf, iterations, salt, cipher, iv } = header;
  const options = { c: iterations, dkLen: 32 };
  const key = await pbkdf2(sha256, utf8(password.normalize('NFKC')), fromBase64(salt), options);
  const authenticated = utf8(JSON.stringify([version, kdf, iterations, salt, cipher, iv]));
  return gcm(key, fromBase64(iv), authenticated);
}
