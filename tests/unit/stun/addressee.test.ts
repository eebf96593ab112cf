import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addresseeOf, isRequest } from '../../../shared/wire/stun/addressee.ts';
import { CLASSES, decodeStun, encodeStun } from '../../../shared/wire/stun/message.ts';
import { REQUEST, RESPONSE4 } from '../../vectors/rfc5769.ts';

const transactionId = Uint8Array.from({ length: 12 }, (_, i) => i);

test('a check is for the first half of its name, an answer for its question (RFC 5769)', () => {
  expect(addresseeOf(REQUEST)).toEqual({ to: 'fragment', fragment: 'evtj' });
  expect(addresseeOf(RESPONSE4)).toEqual({ to: 'transaction', transactionId: RESPONSE4.slice(8, 20) });
});

test('it finds the name wherever it stands, and nobody where there is none', () => {
  const request = (attributes: object) => encodeStun({ class: 'request', method: 1, transactionId, attributes });
  expect(addresseeOf(request({ priority: 7, padding: 5, username: 'a:b' }))).toMatchObject({ fragment: 'a' });
  expect(addresseeOf(request({ priority: 7 }))).toBeNull();
  expect(addresseeOf(request({ username: 'no half' }))).toBeNull();
});

test('of each class it says whether it asks, as the whole message does', () => {
  for (const kind of CLASSES) {
    const packet = encodeStun({ class: kind, method: 1, transactionId, attributes: { username: 'a:b' } });
    expect(isRequest(packet)).toBe(kind === 'request');
    expect(addresseeOf(packet)?.to).toBe(kind === 'request' ? 'fragment' : 'transaction');
  }
});

test('whatever the bytes, it does not throw, and whom the whole message names it names too', () => {
  const mangled = fc.tuple(fc.nat(REQUEST.length - 1), fc.nat(255), fc.nat(REQUEST.length));
  fc.assert(
    fc.property(mangled, ([at, byte, length]) => {
      const packet = REQUEST.slice();
      packet[at] = byte;
      for (const bytes of [packet, packet.slice(0, length)]) {
        const whole = decodeStun(bytes);
        const addressee = addresseeOf(bytes);
        if (whole?.class === 'request' && whole.attributes.username?.includes(':'))
          expect(addressee).toEqual({ to: 'fragment', fragment: whole.attributes.username.split(':')[0] });
      }
    }),
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void addresseeOf(bytes)));
});
