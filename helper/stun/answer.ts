/**
 * What a STUN server says to one packet (RFC 8489 §6.3, RFC 5780 §6). Pure: no socket, no state.
 * It answers Binding requests only, and never with much more than it was sent.
 */
import type { TransportAddress } from '../../shared/effects.ts';
import type { StunAttributes } from '../../shared/wire/stun/attributes.ts';
import { BINDING, decodeStun, encodeStun } from '../../shared/wire/stun/message.ts';

export interface StunReply {
  readonly packet: Uint8Array;
  /** The asker's own address always; the port may be another one that it named (RESPONSE-PORT). */
  readonly to: TransportAddress;
  /** From which of the server's sockets it leaves, relative to the one that received (CHANGE-REQUEST). */
  readonly change: { readonly ip: boolean; readonly port: boolean };
}

export interface StunPlace {
  /** The socket that received. */
  readonly local: TransportAddress;
  /** The other address and other port (RFC 5780); null on a server with one socket. */
  readonly alternate: TransportAddress | null;
}

const STAY = { ip: false, port: false };

/** Null means silence: no request, or one that deserves no packet. */
export function answerStun(packet: Uint8Array, from: TransportAddress, place: StunPlace): StunReply | null {
  const request = decodeStun(packet);
  if (request?.class !== 'request' || request.method !== BINDING) return null;
  const reply = (kind: 'success' | 'error', attributes: StunAttributes, change = STAY): StunReply => ({
    packet: encodeStun(
      { class: kind, method: BINDING, transactionId: request.transactionId, attributes },
      // Only who sent a fingerprint is sent one: it keeps answers to plain requests small.
      { fingerprint: request.fingerprint },
    ),
    to: { address: from.address, port: request.attributes.responsePort || from.port },
    change,
  });

  const unknown = [...request.unknownRequired];
  const change = request.attributes.changeRequest ?? STAY;
  // Without a second address CHANGE-REQUEST can not be honoured (RFC 5780 §6.1): 420, it is 0x0003.
  if (!place.alternate && (change.ip || change.port)) unknown.push(0x0003);
  if (unknown.length > 0) {
    const errorCode = { code: 420, reason: 'Unknown Attribute' };
    return reply('error', { errorCode, unknownAttributes: unknown.slice(0, 8) });
  }
  // As much filling as the asker sent, never more: an answer must not amplify.
  const { padding } = request.attributes;
  const filling = padding === undefined ? {} : { padding };
  if (!place.alternate) return reply('success', { xorMappedAddress: from, ...filling });
  const responseOrigin = {
    address: change.ip ? place.alternate.address : place.local.address,
    port: change.port ? place.alternate.port : place.local.port,
  };
  return reply(
    'success',
    { xorMappedAddress: from, responseOrigin, otherAddress: place.alternate, ...filling },
    change,
  );
}
