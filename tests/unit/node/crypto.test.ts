import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../../shared/base/bytes.ts';
import { generateWireGuardKeyPair, nodeCrypto } from '../../../shared/node/crypto.ts';

describe('the primitives', () => {
  test('agree on one X25519 secret, and on none with a key of low order', () => {
    const [a, b] = [nodeCrypto.agreementKey(), nodeCrypto.agreementKey()];
    expect(a.agree(b.publicKey)).toEqual(b.agree(a.publicKey));
    expect(a.agree(b.publicKey)).toHaveLength(32);
    for (const key of [
      new Uint8Array(32),
      Uint8Array.of(1, ...new Uint8Array(31)),
      new Uint8Array(31),
      new Uint8Array(0),
    ])
      expect(a.agree(key)).toBeNull();
  });

  test('ML-KEM-768 gives both the same secret, another one for a tampered ciphertext, none for a short one', () => {
    const key = nodeCrypto.kemKey();
    expect(key.encapsulationKey).toHaveLength(1184);
    const sealed = nodeCrypto.encapsulate(key.encapsulationKey);
    if (!sealed) throw new Error('no ciphertext');
    expect(sealed.ciphertext).toHaveLength(1088);
    expect(key.decapsulate(sealed.ciphertext)).toEqual(sealed.sharedSecret);
    const tampered = sealed.ciphertext.slice();
    tampered[5] = (tampered[5] as number) ^ 1;
    expect(key.decapsulate(tampered)).toHaveLength(32);
    expect(key.decapsulate(tampered)).not.toEqual(sealed.sharedSecret);
    expect(key.decapsulate(sealed.ciphertext.subarray(1))).toBeNull();
  });

  test('refuse encapsulation keys that are none', () => {
    for (const length of [0, 1183, 1184, 1185])
      expect(nodeCrypto.encapsulate(new Uint8Array(length).fill(255))).toBeNull();
  });

  test('HKDF gives the first test vector of RFC 5869', () => {
    const okm = nodeCrypto.hkdf(
      new Uint8Array(22).fill(0x0b),
      fromHex('000102030405060708090a0b0c'),
      fromHex('f0f1f2f3f4f5f6f7f8f9'),
      42,
    );
    expect(toHex(okm)).toBe('0x3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865');
  });

  test('open what they sealed, and nothing that was changed anywhere', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 40 }), fc.nat(), (text, data, n) => {
        const key = nodeCrypto.randomBytes(32);
        const sealed = nodeCrypto.seal(key, text, data);
        expect(nodeCrypto.open(key, sealed, data)).toEqual(text);
        const changed = sealed.slice();
        changed[n % changed.length] = (changed[n % changed.length] as number) ^ 0x10;
        expect(nodeCrypto.open(key, changed, data)).toBeNull();
        expect(nodeCrypto.open(key, sealed, Uint8Array.of(...data, 0))).toBeNull();
        expect(nodeCrypto.open(key, sealed.subarray(1), data)).toBeNull();
      }),
    );
  });
});

describe('a WireGuard key pair', () => {
  test('is one that wg itself would make', () => {
    const { privateKey, publicKey } = generateWireGuardKeyPair();
    const wg = spawnSync('wg', ['pubkey'], { input: `${privateKey}\n`, encoding: 'utf8' });
    expect(wg.stdout.trim()).toBe(publicKey);
    const bytes = Buffer.from(privateKey, 'base64');
    expect(bytes).toHaveLength(32);
    expect([(bytes[0] as number) & 7, (bytes[31] as number) & 0xc0]).toEqual([0, 0x40]);
  });
});
