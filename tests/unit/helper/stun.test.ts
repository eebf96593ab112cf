import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseOptions } from '../../../helper/options.ts';
import { createRateLimit, sourceOf } from '../../../helper/rate-limit.ts';
import { answerStun, STAY } from '../../../helper/stun/answer.ts';
import { answerClassic } from '../../../helper/stun/classic.ts';
import { canonicalIp, formatIp, isPrivateIp, isUnusableIp, parseIp } from '../../../shared/base/ip.ts';
import type { StunAttributes } from '../../../shared/wire/stun/attributes.ts';
import { BINDING, decodeStun, encodeStun, type StunClass } from '../../../shared/wire/stun/message.ts';

const from = { address: '90.0.0.7', port: 5000 };
const local = { address: '198.18.0.1', port: 3478 };
const alternate = { address: '198.18.0.2', port: 3479 };
const packet = (attributes: StunAttributes = {}, kind: StunClass = 'request', method = BINDING, fingerprint = false) =>
  encodeStun({ class: kind, method, transactionId: new Uint8Array(12).fill(4), attributes }, { fingerprint });

describe('the STUN answer', () => {
  test('says where the question came from', () => {
    const reply = answerStun(packet(), from, { local, alternate: null });
    expect(decodeStun(reply?.packet ?? new Uint8Array())?.attributes).toEqual({ xorMappedAddress: from });
    expect(reply?.to).toEqual(from);
  });

  test('names both of its places and moves where it is asked to (RFC 5780)', () => {
    const reply = answerStun(packet({ changeRequest: { ip: true, port: false } }), from, { local, alternate });
    expect(reply?.change).toEqual({ ip: true, port: false });
    expect(decodeStun(reply?.packet ?? new Uint8Array())?.attributes).toMatchObject({
      responseOrigin: { address: '198.18.0.2', port: 3478 },
      otherAddress: alternate,
    });
  });

  test('is 420 for what can not be honoured or is not known', () => {
    const errorOf = (bytes: Uint8Array) =>
      decodeStun(answerStun(bytes, from, { local, alternate: null })?.packet ?? bytes)?.attributes;
    expect(errorOf(packet({ changeRequest: { ip: true, port: true } }))).toMatchObject({
      errorCode: { code: 420 },
      unknownAttributes: [3],
    });
    const unknown = Uint8Array.from([...packet(), 0x7f, 0, 0, 0]);
    unknown[3] = 4;
    expect(errorOf(unknown)).toMatchObject({ unknownAttributes: [0x7f00] });
  });

  test('is silence for anything but a Binding request', () => {
    const silent = [packet({}, 'indication'), packet({}, 'success'), packet({}, 'error'), packet({}, 'request', 3)];
    for (const bytes of [...silent, new Uint8Array(0)])
      expect(answerStun(bytes, from, { local, alternate })).toBeNull();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => answerStun(bytes, from, { local, alternate }) === null),
    );
  });

  const places = [local, { address: '2001:db8::1', port: 3478 }] as const;
  const others = [alternate, { address: '2001:db8::2', port: 3479 }] as const;
  /** Bytes of the answer beyond those of the question. */
  function extra(attributes: StunAttributes, there: typeof alternate | null, fingerprint = false, family: 0 | 1 = 0) {
    const question = packet(attributes, 'request', BINDING, fingerprint);
    const asker = family === 0 ? from : { address: '2001:db8::7', port: 5000 };
    return (
      (answerStun(question, asker, { local: places[family], alternate: there })?.packet.length ?? 0) - question.length
    );
  }

  test('never amplifies: at most 32 bytes more than asked over IPv4, 12 without a second address, and 36 where RFC 5780 demands both addresses', () => {
    for (const fingerprint of [true, false]) {
      expect(extra({}, null, fingerprint)).toBeLessThanOrEqual(12);
      expect(extra({}, alternate, fingerprint)).toBe(36);
      expect(extra({ padding: 1400 }, alternate, fingerprint)).toBe(36);
      expect(extra({ responsePort: 9 }, alternate, fingerprint)).toBeLessThanOrEqual(32);
      for (const change of [STAY, { ip: true, port: true }])
        for (const there of [null, alternate])
          expect(extra({ changeRequest: change }, there, fingerprint)).toBeLessThanOrEqual(32);
    }
    const unknown = Uint8Array.from([...packet(), 0x7f, 0, 0, 0]);
    unknown[3] = 4;
    const refusal = answerStun(unknown, from, { local, alternate });
    expect((refusal?.packet.length ?? 0) - unknown.length).toBeLessThanOrEqual(32);
  });

  test('over IPv6 the addresses alone are 24 bytes each: the one asked for, and the two that RFC 5780 wants', () => {
    expect(extra({}, null, false, 1)).toBe(24);
    expect(extra({}, others[1], false, 1)).toBe(72);
    expect(extra({ changeRequest: { ip: true, port: true } }, others[1], false, 1)).toBe(64);
  });

  test('with a second address says from where it came and where else it could have, whatever was asked', () => {
    for (const attributes of [{}, { responsePort: 9 }, { changeRequest: STAY }])
      expect(
        decodeStun(answerStun(packet(attributes), from, { local, alternate })?.packet ?? packet())?.attributes,
      ).toEqual({
        xorMappedAddress: from,
        responseOrigin: local,
        otherAddress: alternate,
      });
  });
});

describe('the answer to the first edition (RFC 3489)', () => {
  const id = Uint8Array.from({ length: 16 }, (_, n) => n + 1);
  const old = (attributes: StunAttributes = {}) => {
    const question = packet(attributes);
    question.set(id, 4);
    return question;
  };
  /** As the asker reads it: the transaction id of 16 bytes, the rest by the later codec. */
  const read = (bytes: Uint8Array | undefined) => {
    expect(bytes?.slice(4, 20)).toEqual(id);
    const later = Uint8Array.from(bytes ?? []);
    later.set([0x21, 0x12, 0xa4, 0x42], 4);
    return decodeStun(later);
  };

  test('is the plain address, 12 bytes more than asked', () => {
    const reply = answerClassic(old(), from, { local, alternate });
    expect(read(reply?.packet)).toMatchObject({ class: 'success', attributes: { mappedAddress: from } });
    expect(reply?.packet.length).toBe(old().length + 12);
    expect(reply?.to).toEqual(from);
  });

  test('tells of the other place whoever asks about it, 28 bytes more than asked', () => {
    const question = old({ changeRequest: { ip: true, port: false } });
    const reply = answerClassic(question, from, { local, alternate });
    expect(reply?.change).toEqual({ ip: true, port: false });
    expect(read(reply?.packet)?.attributes).toEqual({
      mappedAddress: from,
      sourceAddress: { address: alternate.address, port: local.port },
      changedAddress: alternate,
    });
    expect((reply?.packet.length ?? 0) - question.length).toBe(28);
  });

  test('refuses what it can not do, RESPONSE-ADDRESS too', () => {
    const change = answerClassic(old({ changeRequest: { ip: true, port: true } }), from, { local, alternate: null });
    expect(read(change?.packet)).toMatchObject({ class: 'error', attributes: { unknownAttributes: [3] } });
    const elsewhere = Uint8Array.from([...old(), 0, 2, 0, 8, 0, 1, 0, 9, 9, 9, 9, 9]);
    elsewhere[3] = 12;
    const refusal = answerClassic(elsewhere, from, { local, alternate });
    expect(refusal?.to).toEqual(from);
    expect(read(refusal?.packet)).toMatchObject({ class: 'error', attributes: { unknownAttributes: [2] } });
  });

  test('is silence for answers, cut-off questions and the void', () => {
    const answer = old();
    answer[0] = 1;
    for (const bytes of [answer, old().subarray(0, 19), new Uint8Array(0)])
      expect(answerClassic(bytes, from, { local, alternate })).toBeNull();
  });
});

describe('the rate limit', () => {
  test('lets a burst pass, then so many a second, each name on its own', () => {
    const limit = createRateLimit({ perSecond: 2, burst: 3 });
    const taken = (name: string, now: number) => [1, 2, 3, 4].map(() => limit.take(name, now));
    expect(taken('a', 0)).toEqual([true, true, true, false]);
    expect(limit.take('b', 0)).toBe(true);
    expect(taken('a', 1000)).toEqual([true, true, false, false]);
  });

  test('forgets the one unused for longest when it is full', () => {
    const limit = createRateLimit({ perSecond: 0, burst: 1, maxNames: 2 });
    expect(['a', 'b', 'c', 'a'].map((name) => limit.take(name, 0))).toEqual([true, true, true, true]);
    expect(limit.take('a', 0)).toBe(false);
  });

  test('an IPv6 subscriber is its /64, an IPv4 one its address', () => {
    expect(sourceOf('::ffff:90.0.0.7')).toBe('90.0.0.7');
    expect(sourceOf('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2');
    expect(sourceOf('2001:db8::1')).toBe('2001:db8:0:0');
    expect(sourceOf('2001:db8:1:2::9')).toBe(sourceOf('2001:db8:1:2:7::1'));
  });
});

describe('the command line', () => {
  test('reads addresses, peers and level', () => {
    expect(
      parseOptions([
        '--stun',
        '198.18.0.1:3478',
        '--stun-alt',
        '198.18.0.2:3479',
        '--relay',
        '[::1]:7777',
        '--peers',
        'ws://a,wss://b',
      ]),
    ).toMatchObject({
      stun: local,
      stunAlternate: alternate,
      relay: { address: '::1', port: 7777 },
      peers: ['ws://a', 'wss://b'],
    });
  });

  test.each([
    [[]],
    [['--stun', 'example.org:3478']],
    [['--stun', '198.18.0.1:x']],
    [['--stun', '198.18.0.1:3478', '--stun-alt', '198.18.0.1:3479']],
    [['--relay', '198.18.0.1:7777', '--peers', 'http://a']],
    [['--unknown']],
  ])('refuses %j with a sentence', (args) => {
    expect(() => parseOptions(args)).toThrow(expect.objectContaining({ name: 'WarrenError' }));
  });
});

describe('IP addresses', () => {
  test('text and bytes agree, in the canonical form of RFC 5952', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const bytes = parseIp(text);
        if (!bytes) throw new Error(`refused ${text}`);
        expect(parseIp(formatIp(bytes))).toEqual(bytes);
      }),
    );
    expect(canonicalIp('2001:DB8:0:0:1:0:0:1')).toBe('2001:db8::1:0:0:1');
    expect(canonicalIp('::FFFF:192.0.2.1')).toBe('::ffff:c000:201');
    expect(canonicalIp('::')).toBe('::');
    expect(canonicalIp('1:2:3:4:5:6:7:0')).toBe('1:2:3:4:5:6:7:0');
  });

  test.each([
    '',
    '1.2.3',
    '01.2.3.4',
    '1.2.3.256',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    'fe80::1%eth0',
    '::1.2.3',
    '12345::',
  ])('%j is no address', (text) => expect(parseIp(text)).toBeNull());

  test('private and unusable ranges are known', () => {
    for (const ip of ['10.0.0.1', '172.31.0.1', '192.168.9.9', '100.127.0.1', '169.254.1.1', 'fd00::1', 'fe80::1'])
      expect(isPrivateIp(ip)).toBe(true);
    for (const ip of ['9.9.9.9', '172.32.0.1', '100.128.0.1', '2001:db8::1']) expect(isPrivateIp(ip)).toBe(false);
    for (const ip of ['0.0.0.0', '127.0.0.1', '224.0.0.1', '255.255.255.255', '::1', 'ff02::1', '::ffff:1.2.3.4', 'x'])
      expect(isUnusableIp(ip)).toBe(true);
  });
});
