/**
 * Questions in STUN's first edition (RFC 3489): no magic cookie, a transaction id of 16 bytes. Servers
 * still answer them (RFC 8489 §11), with plain addresses; old telephones and Debian's `stun` ask so.
 */
import { concat } from '../../shared/base/bytes.ts';
import type { TransportAddress } from '../../shared/effects.ts';
import { MAGIC_COOKIE, type StunAttributes } from '../../shared/wire/stun/attributes.ts';
import { BINDING, decodeStun, encodeStun } from '../../shared/wire/stun/message.ts';
import { elsewhere, refused, STAY, type StunPlace, type StunReply } from './answer.ts';

/** Where the later editions have their cookie, and these the first 4 bytes of the transaction id. */
const COOKIE_AT = 4;
const COOKIE_END = 8;
const COOKIE = Uint8Array.of(
  MAGIC_COOKIE >>> 24,
  (MAGIC_COOKIE >> 16) & 255,
  (MAGIC_COOKIE >> 8) & 255,
  MAGIC_COOKIE & 255,
);

const withFirst = (packet: Uint8Array, first: Uint8Array): Uint8Array =>
  concat(packet.subarray(0, COOKIE_AT), first, packet.subarray(COOKIE_END));

/** Null means silence. RESPONSE-ADDRESS, which would send answers to strangers, is refused like the unknown. */
export function answerClassic(packet: Uint8Array, from: TransportAddress, place: StunPlace): StunReply | null {
  const request = packet.length < COOKIE_END ? null : decodeStun(withFirst(packet, COOKIE));
  if (request?.class !== 'request' || request.method !== BINDING || request.fingerprint) return null;
  const { transactionId } = request;
  const reply = (kind: 'success' | 'error', attributes: StunAttributes, change = STAY): StunReply => {
    const message = { class: kind, method: BINDING, transactionId, attributes };
    const answer = encodeStun(message, { fingerprint: false });
    return { packet: withFirst(answer, packet.subarray(COOKIE_AT, COOKIE_END)), to: from, change };
  };
  const error = refused(request, place);
  if (error) return reply('error', error);
  const change = request.attributes.changeRequest;
  // Only who asks about the other place is told of it: a plain question's answer stays small.
  if (!place.alternate || !change) return reply('success', { mappedAddress: from });
  const sourceAddress = elsewhere(place.local, place.alternate, change);
  return reply('success', { mappedAddress: from, sourceAddress, changedAddress: place.alternate }, change);
}
