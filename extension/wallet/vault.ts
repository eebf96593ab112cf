/**
 * The encrypted vault: PBKDF2-SHA-256 (600,000 rounds or more) and AES-256-GCM, both from WebCrypto.
 *
 * @metamask/browser-passworder does the same in 40 kB more and leaves its parameters outside the
 * authentication; here the whole header is GCM's additional data, so nobody can lower the rounds
 * unseen. A new salt and a new IV with every write.
 */
import * as v from 'valibot';
import { fromBase64, toBase64, utf8 } from '../../shared/base/bytes.ts';
import { WarrenError } from '../../shared/base/errors.ts';

export const MIN_ITERATIONS = 600_000;
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

export async function sealVault(secret: Secret, password: string): Promise<Vault> {
  const header: Header = {
    version: 1,
    kdf: 'PBKDF2-SHA-256',
    iterations: MIN_ITERATIONS,
    salt: toBase64(crypto.getRandomValues(new Uint8Array(32))),
    cipher: 'AES-256-GCM',
    iv: toBase64(crypto.getRandomValues(new Uint8Array(12))),
  };
  const key = await keyOf(password, header, 'encrypt');
  const data = await crypto.subtle.encrypt(parameters(header), key, bytes(utf8(JSON.stringify(secret))));
  return { ...header, data: toBase64(new Uint8Array(data)) };
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
  let plain: ArrayBuffer;
  try {
    const key = await keyOf(password, header, 'decrypt');
    plain = await crypto.subtle.decrypt(parameters(header), key, bytes(fromBase64(data)));
  } catch (cause) {
    throw new WarrenError('password_wrong', 'This password does not open the wallet.', 'Try again.', { cause });
  }
  return v.parse(SecretSchema, JSON.parse(new TextDecoder().decode(plain)));
}

async function keyOf(password: string, header: Header, use: 'encrypt' | 'decrypt'): Promise<CryptoKey> {
  const text = bytes(utf8(password.normalize('NFKC')));
  const material = await crypto.subtle.importKey('raw', text, 'PBKDF2', false, ['deriveKey']);
  return crypto.subtle.deriveKey(
    { name: 'PBKDF2', hash: 'SHA-256', salt: bytes(fromBase64(header.salt)), iterations: header.iterations },
    material,
    { name: 'AES-GCM', length: 256 },
    false,
    [use],
  );
}

function parameters(header: Header): AesGcmParams {
  const { version, kdf, iterations, salt, cipher, iv } = header;
  const authenticated = utf8(JSON.stringify([version, kdf, iterations, salt, cipher, iv]));
  return { name: 'AES-GCM', iv: bytes(fromBase64(iv)), additionalData: bytes(authenticated) };
}

/** WebCrypto's types want a buffer that is surely not shared. */
function bytes(view: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(view);
}
