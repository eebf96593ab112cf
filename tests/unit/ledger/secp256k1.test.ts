/** libsecp256k1 and @noble/curves must agree on every input, good or bad: the chain has only one opinion. */
import fc from 'fast-check';
import { privateKeyToAddress } from 'viem/accounts';
import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../../shared/base/bytes.ts';
import {
  addressOf,
  native,
  noble,
  recoverAddress,
  type Secp256k1,
  secp256k1,
  sign,
} from '../../../shared/node/secp256k1.ts';

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const KEY = fromHex('4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318');
const DIGEST = fromHex('ab'.repeat(32));

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const keys = fc.bigInt({ min: 1n, max: ORDER - 1n }).map((key) => word(key));

function word(value: bigint): Uint8Array {
  return fromHex(value.toString(16).padStart(64, '0'));
}

function number(bytes: Uint8Array): bigint {
  return BigInt(toHex(bytes));
}

function outcome(run: () => unknown): unknown {
  try {
    return run();
  } catch (thrown) {
    return (thrown as { code?: string }).code ?? (thrown as Error).name;
  }
}

test('on this platform the native library is the one in use', () => {
  expect(native === null ? secp256k1.name : native.name).toBe(process.arch === 'x64' ? 'native' : secp256k1.name);
});

const implementations: readonly Secp256k1[] = native ? [native, noble] : [noble];

describe.each(implementations.map((one) => [one.name, one] as const))('%s', (_, one) => {
  test('recovers whom it signed for, and the address is the one that viem derives', () => {
    fc.assert(
      fc.property(keys, bytes32, (key, digest) => {
        const signer = privateKeyToAddress(toHex(key)).toLowerCase();
        expect(one.addressOf(key)).toBe(signer);
        expect(one.recoverAddress(digest, one.sign(digest, key))).toBe(signer);
      }),
      { numRuns: 25 },
    );
  });

  test('a flipped parity bit recovers to somebody else or to nobody', () => {
    fc.assert(
      fc.property(keys, bytes32, (key, digest) => {
        const signature = one.sign(digest, key);
        signature[32] = (signature[32] as number) ^ 0x80;
        expect(outcome(() => one.recoverAddress(digest, signature))).not.toBe(one.addressOf(key));
      }),
      { numRuns: 25 },
    );
  });

  test('s in the high half of the order is refused, up to the last value that fits', () => {
    const half = ORDER / 2n;
    for (const s of [half + 1n, half + 2n, 2n ** 255n - 1n]) {
      const signature = new Uint8Array(64).fill(1);
      signature.set(word(s), 32);
      expect(outcome(() => one.recoverAddress(DIGEST, signature))).toBe('signature_invalid');
    }
  });

  test('zero and overflowing halves are refused', () => {
    const good = one.sign(DIGEST, KEY);
    for (const [offset, value] of [
      [0, 0n],
      [32, 0n],
      [0, ORDER],
      [0, 2n ** 256n - 1n],
    ] as const) {
      const bad = Uint8Array.from(good);
      bad.set(word(value), offset);
      expect(outcome(() => one.recoverAddress(DIGEST, bad))).toBe('signature_invalid');
    }
  });

  test('every wrong length is refused', () => {
    const good = one.sign(DIGEST, KEY);
    for (const length of [0, 1, 63, 65, 128]) {
      const bytes = new Uint8Array(length).fill(7);
      expect(outcome(() => one.recoverAddress(DIGEST, bytes))).toBe('signature_invalid');
      if (length !== 32) expect(outcome(() => one.recoverAddress(bytes, good))).toBe('signature_invalid');
      expect(outcome(() => one.sign(bytes, KEY))).toBe('RangeError');
      expect(outcome(() => one.sign(DIGEST, bytes))).toBe('RangeError');
    }
  });

  test('no key outside 1 … n-1 signs or has an address', () => {
    for (const key of [0n, ORDER, 2n ** 256n - 1n]) {
      expect(outcome(() => one.sign(DIGEST, word(key)))).toBe('RangeError');
      expect(outcome(() => one.addressOf(word(key)))).toBe('RangeError');
    }
  });
});

describe('both together', () => {
  const other: Secp256k1 = native ?? noble;

  test('sign to the same bytes (RFC 6979), with s always low', () => {
    fc.assert(
      fc.property(keys, bytes32, (key, digest) => {
        const signature = other.sign(digest, key);
        expect(signature).toEqual(noble.sign(digest, key));
        expect(number(signature.subarray(32)) & (2n ** 255n - 1n)).toBeLessThanOrEqual(ORDER / 2n);
      }),
      { numRuns: 50 },
    );
  });

  test('give the same answer for any 64 bytes', () => {
    fc.assert(
      fc.property(bytes32, fc.uint8Array({ minLength: 64, maxLength: 64 }), (digest, signature) => {
        expect(outcome(() => other.recoverAddress(digest, signature))).toBe(
          outcome(() => noble.recoverAddress(digest, signature)),
        );
      }),
      { numRuns: 100 },
    );
  });

  test('give the same answer for a signature with one bit changed', () => {
    fc.assert(
      fc.property(keys, bytes32, fc.integer({ min: 0, max: 511 }), (key, digest, bit) => {
        const signature = noble.sign(digest, key);
        signature[bit >> 3] = (signature[bit >> 3] as number) ^ (1 << (bit & 7));
        const answer = outcome(() => other.recoverAddress(digest, signature));
        expect(answer).toBe(outcome(() => noble.recoverAddress(digest, signature)));
        expect(answer).not.toBe(noble.addressOf(key));
      }),
      { numRuns: 50 },
    );
  });

  test('neither changes what it was given', () => {
    const signature = sign(DIGEST, KEY);
    const copy = Uint8Array.from(signature);
    expect(recoverAddress(DIGEST, signature)).toBe(addressOf(KEY));
    expect(noble.recoverAddress(DIGEST, signature)).toBe(addressOf(KEY));
    expect(signature).toEqual(copy);
  });
});
