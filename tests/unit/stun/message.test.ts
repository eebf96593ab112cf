import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../shared/base/bytes.ts';
import { formatIp } from '../../../shared/base/ip.ts';
import type { StunAttributes } from '../../../shared/wire/stun/attributes.ts';
import { longTermKey } from '../../../shared/wire/stun/long-term.ts';
import {
  CLASSES,
  decodeStun,
  encodeStun,
  type ReceivedStun,
  type StunMessage,
  verifyIntegrity,
  verifyIntegritySha256,
} from '../../../shared/wire/stun/message.ts';
import { LONG_TERM_REQUEST, REQUEST, RESPONSE4, RESPONSE6, SHORT_TERM_PASSWORD } from '../../vectors/rfc5769.ts';

const key = utf8(SHORT_TERM_PASSWORD);

function decoded(packet: Uint8Array): ReceivedStun {
  const message = decodeStun(packet);
  if (!message) throw new Error('the packet was refused');
  return message;
}

describe('RFC 5769 vectors', () => {
  test('the sample request is read, its integrity and fingerprint hold', () => {
    const message = decoded(REQUEST);
    expect(message).toMatchObject({ class: 'request', method: 1, fingerprint: true, unknownRequired: [] });
    expect(message.attributes).toEqual({
      software: 'STUN test client',
      priority: 0x6e0001ff,
      iceControlled: 0x932ff9b151263b36n,
      username: 'evtj:h6vY',
    });
    expect(verifyIntegrity(message, key)).toBe(true);
    expect(verifyIntegrity(message, utf8('another password'))).toBe(false);
  });

  test.each([
    ['IPv4', RESPONSE4, '192.0.2.1'],
    ['IPv6', RESPONSE6, '2001:db8:1234:5678:11:2233:4455:6677'],
  ])('the %s response is read', (_, packet, address) => {
    const message = decoded(packet);
    expect(message.class).toBe('success');
    expect(message.attributes.xorMappedAddress).toEqual({ address, port: 32853 });
    expect(verifyIntegrity(message, key)).toBe(true);
  });

  test('the long-term request holds under MD5(user:realm:password)', () => {
    const message = decoded(LONG_TERM_REQUEST);
    expect(message.attributes).toMatchObject({ username: 'マトリックス', realm: 'example.org' });
    const longTerm = longTermKey('マトリックス', 'example.org', 'TheMatrIX');
    expect(verifyIntegrity(message, longTerm)).toBe(true);
    expect(verifyIntegrity(message, longTermKey('マトリックス', 'example.org', 'TheMatrIx'))).toBe(false);
    expect(message.fingerprint).toBe(false);
  });

  test('our encoder writes the long-term request byte for byte', () => {
    const integrityKey = longTermKey('マトリックス', 'example.org', 'TheMatrIX');
    expect(encodeStun(decoded(LONG_TERM_REQUEST), { integrityKey, fingerprint: false })).toEqual(LONG_TERM_REQUEST);
  });

  test.each([
    ['request', REQUEST],
    ['IPv4 response', RESPONSE4],
    ['IPv6 response', RESPONSE6],
  ])('our encoder writes the %s byte for byte', (_, packet) => {
    expect(encodeStun(decoded(packet), { integrityKey: key, padding: 0x20 })).toEqual(packet);
  });

  test('a packet in a Buffer is checked like any other, and left as it was', () => {
    const packet = Buffer.from(REQUEST);
    expect(verifyIntegrity(decoded(packet), key)).toBe(true);
    expect(Uint8Array.from(packet)).toEqual(REQUEST);
  });

  test('every single flipped bit of the request is noticed', () => {
    for (let bit = 0; bit < REQUEST.length * 8; bit++) {
      const broken = REQUEST.slice();
      broken[bit >> 3] = (broken[bit >> 3] as number) ^ (1 << (bit & 7));
      const message = decodeStun(broken);
      expect(message === null || !message.fingerprint || !verifyIntegrity(message, key)).toBe(true);
    }
  });
});

const address = fc.record({
  address: fc
    .oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 }))
    .map((bytes) => formatIp(bytes)),
  port: fc.nat(65535),
});
const family = fc.constantFrom(4 as const, 6 as const);
const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const attributes: fc.Arbitrary<StunAttributes> = fc.record(
  {
    mappedAddress: address,
    xorMappedAddress: address,
    responseOrigin: address,
    otherAddress: address,
    changeRequest: fc.record({ ip: fc.boolean(), port: fc.boolean() }),
    responsePort: fc.nat(65535),
    padding: fc.nat(40),
    username: text,
    realm: text,
    nonce: text,
    software: text,
    errorCode: fc.record({ code: fc.integer({ min: 300, max: 699 }), reason: text }),
    unknownAttributes: fc.array(fc.nat(65535), { maxLength: 8 }),
    priority: fc.nat(2 ** 31 - 1),
    useCandidate: fc.constant(true),
    iceControlled: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    iceControlling: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    alternateServer: address,
    channelNumber: fc.integer({ min: 0x4000, max: 0x4fff }),
    lifetime: fc.nat(2 ** 32 - 1),
    xorPeerAddresses: fc.array(address, { minLength: 1, maxLength: 4 }),
    xorRelayedAddresses: fc.array(address, { minLength: 1, maxLength: 2 }),
    data: fc.uint8Array({ maxLength: 60 }),
    requestedAddressFamily: family,
    additionalAddressFamily: family,
    additionalAddressFamilyDraft: family,
    addressErrorCode: fc.record({ family, code: fc.integer({ min: 300, max: 699 }), reason: text }),
    requestedTransport: fc.nat(255),
    dontFragment: fc.constant(true),
  },
  { requiredKeys: [] },
);
const message: fc.Arbitrary<StunMessage> = fc.record({
  class: fc.constantFrom(...CLASSES),
  method: fc.nat(0xfff),
  transactionId: fc.uint8Array({ minLength: 12, maxLength: 12 }),
  attributes,
});

describe('the codec', () => {
  test('decoding what was encoded gives the same message', () => {
    fc.assert(
      fc.property(
        message,
        fc.uint8Array({ minLength: 1, maxLength: 64 }),
        fc.boolean(),
        (sent, secret, fingerprint) => {
          const packet = encodeStun(sent, { integrityKey: secret, integritySha256Key: secret, fingerprint });
          const got = decoded(packet);
          expect({ ...got.attributes }).toEqual({ ...sent.attributes });
          expect([got.class, got.method, got.fingerprint]).toEqual([sent.class, sent.method, fingerprint]);
          expect(got.transactionId).toEqual(sent.transactionId);
          expect(verifyIntegrity(got, secret) && verifyIntegritySha256(got, secret)).toBe(true);
        },
      ),
    );
  });

  test('a Buffer, as sockets hand it out, is read like any bytes and left as it was', () => {
    const packet = Buffer.from(REQUEST);
    const message = decoded(packet);
    expect(verifyIntegrity(message, key)).toBe(true);
    expect(packet.equals(REQUEST)).toBe(true);
    packet.fill(0);
    expect(message.transactionId).toEqual(decoded(REQUEST).transactionId);
  });

  test('random bytes are refused, never thrown on', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(decodeStun(bytes)).toBeNull();
      }),
    );
  });

  test('random attributes behind a valid header never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40, size: 'max' }), (words) => {
        const body = Uint8Array.from(
          { length: words.length * 4 },
          (_, i) => (words[i % words.length] as number) >> (i % 3),
        );
        const packet = new Uint8Array(20 + body.length);
        packet.set([0, 1, body.length >> 8, body.length & 255, 0x21, 0x12, 0xa4, 0x42]);
        packet.set(body, 20);
        const got = decodeStun(packet);
        expect(got === null || got.class === 'request').toBe(true);
      }),
    );
  });

  test('every prefix of a message is refused', () => {
    for (let length = 0; length < REQUEST.length; length++) expect(decodeStun(REQUEST.slice(0, length))).toBeNull();
  });

  test('what stands after MESSAGE-INTEGRITY does not count', () => {
    const base = { class: 'request', method: 1, transactionId: new Uint8Array(12) } as const;
    const signed = encodeStun({ ...base, attributes: { username: 'a:b' } }, { integrityKey: key, fingerprint: false });
    const forged = new Uint8Array(signed.length + 4);
    forged.set(signed);
    forged.set([0x00, 0x25, 0, 0], signed.length);
    forged[3] = forged.length - 20;
    const got = decoded(forged);
    expect(verifyIntegrity(got, key)).toBe(true);
    expect(got.attributes.useCandidate).toBeUndefined();
  });

  test('unknown comprehension-required attributes are reported, optional ones are not', () => {
    const packet = Uint8Array.from([
      0,
      1,
      0,
      8,
      0x21,
      0x12,
      0xa4,
      0x42,
      ...new Uint8Array(12),
      0x7f,
      0xff,
      0,
      0,
      0xff,
      0xff,
      0,
      0,
    ]);
    expect(decoded(packet).unknownRequired).toEqual([0x7fff]);
  });
});
