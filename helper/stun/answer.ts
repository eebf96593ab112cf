/**
 * What a STUN server says to one packet (RFC 8489 §6.3, RFC 5780 §6). Pure: no socket, no state.
 * It answers Binding requests only, and with no more beyond what it was sent than the RFCs demand.
 */
import type { TransportAddress } from '../../shared/effects.ts';
import { ATTRIBUTE, type StunAttributes } from '../../shared/wire/stun/attributes.ts';
import { BINDING, decodeStun, encodeStun, type ReceivedStun } from '../../shared/wire/stun/message.ts';

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

type Change = StunReply['change'];
export const STAY: Change = { ip: false, port: false };

/** Null means silence: no request, or one that deserves no packet. */
export function answerStun(packet: Uint8Array, from: TransportAddress, place: StunPlace): StunReply | null {
  const request = decodeStun(packet);
  if (request?.class !== 'request' || request.method !== BINDING) return null;
  const { changeRequest, padding, responsePort } = request.attributes;
  const reply = (kind: 'success' | 'error', attributes: StunAttributes, change = STAY): StunReply => ({
    packet: encodeStun(
      { class: kind, method: BINDING, transactionId: request.transactionId, attributes },
      // Only who sent a fingerprint is sent one: it keeps answers to plain requests small.
      { fingerprint: request.fingerprint },
    ),
    to: { address: from.address, port: responsePort || from.port },
    change,
  });

  const error = refused(request, place);
  if (error) return reply('error', error);
  // As much filling as the asker sent, never more: an answer must not amplify.
  const filling = padding === undefined ? {} : { padding };
  const { local, alternate } = place;
  if (!alternate) return reply('success', { xorMappedAddress: from, ...filling });
  const change = changeRequest ?? STAY;
  // RFC 5780 §6.1 wants both in every answer, whatever was asked; on a server with one address, neither.
  const responseOrigin = elsewhere(local, alternate, change);
  return reply('success', { xorMappedAddress: from, responseOrigin, otherAddress: alternate, ...filling }, change);
}

/** What a request gets instead of an answer (RFC 8489 §6.3.1): 420, with what was not understood. */
export function refused(request: ReceivedStun, place: StunPlace): StunAttributes | null {
  const unknown = [...request.unknownRequired];
  const change = request.attributes.changeRequest;
  // Without a second address CHANGE-REQUEST can not be honoured (RFC 5780 §6.1).
  if (!place.alternate && (change?.ip || change?.port)) unknown.push(ATTRIBUTE.changeRequest);
  if (unknown.length === 0) return null;
  return { errorCode: { code: 420, reason: 'Unknown Attribute' }, unknownAttributes: unknown.slice(0, 8) };
}

/** The place that an answer leaves from. */
export function elsewhere(local: TransportAddress, alternate: TransportAddress, change: Change): TransportAddress {
  return { address: (change.ip ? alternate : local).address, port: (change.port ? alternate : local).port };
}
