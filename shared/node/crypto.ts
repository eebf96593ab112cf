/**
 * The handshake's primitives on node:crypto, and WireGuard key pairs. Private keys are KeyObjects
 * that never leave this file, except WireGuard's, which warren-netd must be given.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPublicKey,
  decapsulate,
  diffieHellman,
  encapsulate,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { concat } from '../base/bytes.ts';
import type { AgreementKey, HandshakeCrypto, KemKey } from '../effects.ts';

const CIPHER = 'chacha20-poly1305';
const TAG_BYTES = 16;
const ZERO_NONCE = new Uint8Array(12);
const X25519_BYTES = 32;
/** SubjectPublicKeyInfo up to the raw key: X25519 (RFC 8410 §4) and ML-KEM-768 (RFC 9935 §4). */
const X25519_SPKI = Uint8Array.from(Buffer.from('302a300506032b656e032100', 'hex'));
const ML_KEM_768_SPKI = Uint8Array.from(Buffer.from('308204b2300b0609608648016503040402038204a100', 'hex'));

export const nodeCrypto: HandshakeCrypto = {
  randomBytes: (length) => plain(randomBytes(length)),
  sha256: (data) => plain(createHash('sha256').update(data).digest()),
  hkdf: (secret, salt, info, length) => new Uint8Array(hkdfSync('sha256', secret, salt, info, length)),
  agreementKey,
  kemKey,
  encapsulate(encapsulationKey) {
    return orNull(() => {
      const { ciphertext, sharedKey } = encapsulate(importKey(ML_KEM_768_SPKI, encapsulationKey));
      return { ciphertext: plain(ciphertext), sharedSecret: plain(sharedKey) };
    });
  },
  seal(key, plaintext, associated) {
    const cipher = createCipheriv(CIPHER, key, ZERO_NONCE, { authTagLength: TAG_BYTES });
    cipher.setAAD(associated, { plaintextLength: plaintext.length });
    return concat(cipher.update(plaintext), cipher.final(), cipher.getAuthTag());
  },
  open(key, sealed, associated) {
    if (sealed.length < TAG_BYTES) return null;
    const body = sealed.subarray(0, -TAG_BYTES);
    return orNull(() => {
      const decipher = createDecipheriv(CIPHER, key, ZERO_NONCE, { authTagLength: TAG_BYTES });
      decipher.setAAD(associated, { plaintextLength: body.length });
      decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
      return concat(decipher.update(body), decipher.final());
    });
  },
};

/** WireGuard's Curve25519 key pair in base64, as `wg genkey` and `wg pubkey` would give it. */
export function generateWireGuardKeyPair(): { readonly privateKey: string; readonly publicKey: string } {
  const pair = generateKeyPairSync('x25519');
  const privateKey = pair.privateKey.export({ type: 'pkcs8', format: 'der' }).subarray(-X25519_BYTES);
  const publicKey = pair.publicKey.export({ type: 'spki', format: 'der' }).subarray(-X25519_BYTES);
  // WireGuard stores clamped keys (RFC 7748 §5); the public key is the same either way.
  privateKey[0] = (privateKey[0] as number) & 248;
  privateKey[31] = ((privateKey[31] as number) & 127) | 64;
  const keys = { privateKey: privateKey.toString('base64'), publicKey: publicKey.toString('base64') };
  privateKey.fill(0);
  return keys;
}

function agreementKey(): AgreementKey {
  const { privateKey, publicKey } = generateKeyPairSync('x25519');
  return {
    publicKey: exportKey(publicKey, X25519_SPKI.length),
    agree(peerPublicKey) {
      // OpenSSL refuses a result of all zeros (RFC 7748 §6.1); the check here holds for any other engine.
      const secret = orNull(() =>
        plain(diffieHellman({ privateKey, publicKey: importKey(X25519_SPKI, peerPublicKey) })),
      );
      return secret?.some((byte) => byte !== 0) ? secret : null;
    },
  };
}

function kemKey(): KemKey {
  const { privateKey, publicKey } = generateKeyPairSync('ml-kem-768');
  return {
    encapsulationKey: exportKey(publicKey, ML_KEM_768_SPKI.length),
    decapsulate: (ciphertext) => orNull(() => plain(decapsulate(privateKey, ciphertext))),
  };
}

function exportKey(key: KeyObject, prefixBytes: number): Uint8Array {
  return plain(key.export({ type: 'spki', format: 'der' }).subarray(prefixBytes));
}

/** @throws where OpenSSL finds the bytes to be no key of this kind. */
function importKey(prefix: Uint8Array, raw: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([prefix, raw]), format: 'der', type: 'spki' });
}

/** A copy without Buffer's shared pool behind it, so that equality and views mean what they say. */
function plain(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(bytes);
}

/** A stranger's bytes that the engine refuses are an answer, not an accident. */
function orNull<T>(attempt: () => T): T | null {
  try {
    return attempt();
  } catch {
    return null;
  }
}
