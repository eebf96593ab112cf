import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseOptions } from '../../../helper/options.ts';
import { createRateLimit, sourceOf } from '../../../helper/rate-limit.ts';
import { answerStun } from '../../../helper/stun/answer.ts';
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

  test('never amplifies: at most 36 bytes more than asked over IPv4, 12 without a second address', () => {
    const extra = (attributes: StunAttributes, there: typeof alternate | null, fingerprint: boolean) => {
      const question = packet(attributes, 'request', BINDING, fingerprint);
      return (answerStun(question, from, { local, alternate: there })?.packet.length ?? 0) - question.length;
    };
    for (const fingerprint of [true, false]) {
      expect(extra({}, null, fingerprint)).toBeLessThanOrEqual(12);
      expect(extra({}, alternate, fingerprint)).toBeLessThanOrEqual(36);
      expect(extra({ padding: 1400 }, alternate, fingerprint)).toBeLessThanOrEqual(36);
      expect(extra({ changeRequest: { ip: true, port: true } }, null, fingerprint)).toBeLessThanOrEqual(36);
    }
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
