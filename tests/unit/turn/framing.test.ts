import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat } from '../../../shared/base/bytes.ts';
import { encodeStun, TURN_METHOD } from '../../../shared/wire/stun/message.ts';
import {
  CHANNEL_MAX,
  CHANNEL_MIN,
  decodeChannelData,
  encodeChannelData,
  looksLikeChannelData,
} from '../../../shared/wire/turn/channel-data.ts';
import { createStreamReader } from '../../../shared/wire/turn/stream.ts';

const channel = fc.integer({ min: CHANNEL_MIN, max: CHANNEL_MAX });
const payload = fc.uint8Array({ maxLength: 64 });

describe('ChannelData', () => {
  test('what was wrapped is unwrapped, padded or not', () => {
    fc.assert(
      fc.property(channel, payload, fc.boolean(), (number, bytes, padded) => {
        const packet = encodeChannelData(number, bytes, padded);
        expect(packet.length).toBe(4 + (padded ? Math.ceil(bytes.length / 4) * 4 : bytes.length));
        expect(decodeChannelData(packet)).toEqual({ channel: number, payload: bytes });
      }),
    );
  });

  test('random bytes never throw, and lengths that lie are refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const found = decodeChannelData(bytes);
        expect(found === null || found.payload.length <= bytes.length - 4).toBe(true);
      }),
    );
    expect(decodeChannelData(Uint8Array.of(0x40, 0, 0, 5, 1, 2, 3, 4))).toBeNull();
    expect(decodeChannelData(Uint8Array.of(0x40, 0, 0, 0, 1, 2, 3, 4))).toBeNull();
    expect(decodeChannelData(Uint8Array.of(0x50, 0, 0, 0))).toBeNull();
  });
});

const indication = fc.uint8Array({ maxLength: 40 }).map((data) =>
  encodeStun({
    class: 'indication',
    method: TURN_METHOD.data,
    transactionId: new Uint8Array(12),
    attributes: { xorPeerAddresses: [{ address: '192.0.2.1', port: 9 }], data },
  }),
);
const message = fc.oneof(
  indication,
  fc.tuple(channel, payload).map(([number, bytes]) => encodeChannelData(number, bytes, true)),
);

describe('the stream reader', () => {
  test('finds the same messages however the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 12 }), fc.array(fc.nat(60), { maxLength: 20 }), (messages, cuts) => {
        const stream = concat(...messages);
        const reader = createStreamReader();
        const found: Uint8Array[] = [];
        let at = 0;
        for (const size of [...cuts, stream.length]) {
          const chunk = stream.slice(at, at + size);
          at += chunk.length;
          found.push(...(reader.push(chunk) ?? []).map((part) => part.slice()));
        }
        expect(found).toEqual(messages);
      }),
    );
  });

  test('a chunk that its socket reuses does no harm', () => {
    const packet = encodeChannelData(0x4001, Uint8Array.of(1, 2, 3, 4, 5), true);
    const reader = createStreamReader();
    const first = packet.slice(0, 6);
    expect(reader.push(first)).toEqual([]);
    first.fill(0xee);
    expect(reader.push(packet.slice(6))).toEqual([packet]);
  });

  test('random bytes never throw; what is no message ends the stream for good', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 8 }), (chunks) => {
        const reader = createStreamReader();
        let over = false;
        for (const chunk of chunks) {
          const messages = reader.push(chunk);
          if (over) expect(messages).toBeNull();
          over ||= messages === null;
          for (const part of messages ?? [])
            expect(looksLikeChannelData(part) || (part[0] as number) < 0x40).toBe(true);
        }
      }),
    );
    const reader = createStreamReader();
    expect(reader.push(Uint8Array.from([0x16, 3, 1, 0, 0, 0, 0, 0]))).toBeNull();
    expect(reader.push(encodeChannelData(0x4000, new Uint8Array(0), true))).toBeNull();
  });
});
