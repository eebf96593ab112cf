/**
 * secp256k1 for proofs and handshakes: sign, and *recover* whom a signature is by. There is no
 * `verify(publicKey)` on purpose: it ignores the parity bit, and a chain would then refuse what we accepted.
 *
 * Two implementations behind one interface: libsecp256k1 (native) where its prebuilt binary exists, else
 * @noble/curves, which is also the oracle of the tests.
 */
import { createRequire } from 'node:module';
import { secp256k1 as curve } from '@noble/curves/secp256k1.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { toHex } from '../base/bytes.ts';
import { WarrenError } from '../base/errors.ts';
import { type Address, address } from '../base/units.ts';
import { decodeSignature, encodeSignature } from '../wire/proof.ts';

export interface Secp256k1 {
  readonly name: 'native' | 'noble';
  /** RFC 6979 signature over a 32-byte digest: EIP-2098, 64 bytes, low s. @throws RangeError on a bad key or digest. */
  sign(digest: Uint8Array, privateKey: Uint8Array): Uint8Array;
  /**
   * Whom a 64-byte EIP-2098 signature is by, as `ecrecover` with OpenZeppelin's low-s rule says it.
   * @throws WarrenError signature_invalid for anything that the chain would refuse.
   */
  recoverAddress(digest: Uint8Array, signature: Uint8Array): Address;
  /** @throws RangeError on a key outside 1 … n-1. */
  addressOf(privateKey: Uint8Array): Address;
}

type NativeModule = typeof import('secp256k1');

/** n / 2, the highest s that EIP-2 allows. */
const HALF_ORDER = Uint8Array.from(
  Buffer.from('7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0', 'hex'),
);

export const noble: Secp256k1 = {
  name: 'noble',
  sign(digest, privateKey) {
    check(digest, privateKey, curve.utils.isValidSecretKey);
    const signed = curve.sign(digest, privateKey, { prehash: false, lowS: true, format: 'recovered' });
    return encodeSignature({ r: signed.slice(1, 33), s: signed.slice(33), yParity: parity(signed[0]) });
  },
  recoverAddress(digest, signature) {
    const { r, s, yParity } = parse(digest, signature);
    try {
      const recovered = new Uint8Array(65);
      recovered[0] = yParity;
      recovered.set(r, 1);
      recovered.set(s, 33);
      const key = curve.recoverPublicKey(recovered, digest, { prehash: false });
      return addressOfPoint(curve.Point.fromBytes(key).toBytes(false));
    } catch (cause) {
      throw invalid(cause);
    }
  },
  addressOf(privateKey) {
    checkKey(privateKey, curve.utils.isValidSecretKey);
    return addressOfPoint(curve.getPublicKey(privateKey, false));
  },
};

/** libsecp256k1, or null where the package has no binary for this platform (linux-arm64 as of 5.0.2). */
export const native: Secp256k1 | null = loadNative();

export const secp256k1: Secp256k1 = native ?? noble;
export const sign = secp256k1.sign;
export const recoverAddress = secp256k1.recoverAddress;
export const addressOf = secp256k1.addressOf;

function loadNative(): Secp256k1 | null {
  let module: NativeModule;
  try {
    // Not the package's entry: that one falls back to `elliptic`, which is slower than noble.
    module = createRequire(import.meta.url)('secp256k1/bindings.js') as NativeModule;
  } catch {
    return null;
  }
  const isKey = (key: Uint8Array): boolean => module.privateKeyVerify(key);
  return {
    name: 'native',
    sign(digest, privateKey) {
      check(digest, privateKey, isKey);
      const { signature, recid } = module.ecdsaSign(digest, privateKey);
      return encodeSignature({ r: signature.slice(0, 32), s: signature.slice(32), yParity: parity(recid) });
    },
    recoverAddress(digest, signature) {
      const { yParity } = parse(digest, signature);
      const plain = Uint8Array.from(signature);
      plain[32] = (plain[32] as number) & 0x7f;
      try {
        return addressOfPoint(module.ecdsaRecover(plain, yParity, digest, false));
      } catch (cause) {
        throw invalid(cause);
      }
    },
    addressOf(privateKey) {
      checkKey(privateKey, isKey);
      return addressOfPoint(module.publicKeyCreate(privateKey, false));
    },
  };
}

/** R.x ≥ n (recovery ids 2 and 3) has no EIP-2098 form; it happens once in 2^127 signatures. */
function parity(recoveryId: number | undefined): 0 | 1 {
  if (recoveryId !== 0 && recoveryId !== 1) throw new RangeError('the signature has no compact form');
  return recoveryId;
}

function check(digest: Uint8Array, privateKey: Uint8Array, isKey: (key: Uint8Array) => boolean): void {
  if (digest.length !== 32) throw new RangeError('a digest has 32 bytes');
  checkKey(privateKey, isKey);
}

function checkKey(privateKey: Uint8Array, isKey: (key: Uint8Array) => boolean): void {
  if (privateKey.length !== 32 || !isKey(privateKey)) throw new RangeError('not a private key');
}

function parse(digest: Uint8Array, signature: Uint8Array): { r: Uint8Array; s: Uint8Array; yParity: 0 | 1 } {
  if (digest.length !== 32 || signature.length !== 64) throw invalid();
  const parts = decodeSignature(signature);
  if (above(parts.s, HALF_ORDER)) throw invalid();
  return parts;
}

function above(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return (a[i] as number) > (b[i] as number);
  return false;
}

/** Last 20 bytes of keccak256 over the uncompressed point without its 0x04. */
function addressOfPoint(point: Uint8Array): Address {
  return address(toHex(keccak_256(point.subarray(1)).subarray(12)));
}

function invalid(cause?: unknown): WarrenError {
  return new WarrenError(
    'signature_invalid',
    'The signature is not valid.',
    'Connect again; if it stays, choose another node.',
    {
      cause,
    },
  );
}
