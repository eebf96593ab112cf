/**
 * Connectivity checks as bytes (RFC 8445 §7): authenticated Binding requests and answers. What fails
 * any test here is dropped without a word: an error response would make us a reflector.
 */
import type { TransportAddress } from '../../effects.ts';
import type { StunAttributes } from '../../wire/stun/attributes.ts';
import { BINDING, encodeStun, type ReceivedStun, verifyIntegrity } from '../../wire/stun/message.ts';
import type { ChecksOptions } from './api.ts';

const ATTRIBUTE_HEADER = 4;

type Role = ChecksOptions['role'];
type Credentials = ChecksOptions['credentials'];

/** A check of ours: signed with the peer's password, named `remote:local` (§7.2.2). */
export function encodeCheck(
  { remoteFragment, localFragment, remotePassword }: Credentials,
  check: {
    readonly transactionId: Uint8Array;
    readonly role: Role;
    readonly tieBreaker: bigint;
    readonly priority: number;
    readonly nominate: boolean;
    /** Padded to this length (RFC 5780 §7.6), a multiple of 4; null: as short as it is. */
    readonly bytes: number | null;
  },
): Uint8Array {
  const role =
    check.role === 'controlling' ? { iceControlling: check.tieBreaker } : { iceControlled: check.tieBreaker };
  const encode = (padding: StunAttributes): Uint8Array =>
    encodeStun(
      {
        class: 'request',
        method: BINDING,
        transactionId: check.transactionId,
        attributes: {
          username: `${remoteFragment}:${localFragment}`,
          priority: check.priority,
          ...role,
          ...(check.nominate ? { useCandidate: true } : {}),
          ...padding,
        },
      },
      { integrityKey: remotePassword },
    );
  const plain = encode({});
  if (check.bytes === null || check.bytes <= plain.length) return plain;
  return encode({ padding: check.bytes - plain.length - ATTRIBUTE_HEADER });
}

/** The answer to a peer's check: what address it came from, signed with our password. */
export function encodeCheckAnswer(
  { localPassword }: Credentials,
  transactionId: Uint8Array,
  from: TransportAddress,
): Uint8Array {
  return encodeStun(
    { class: 'success', method: BINDING, transactionId, attributes: { xorMappedAddress: from } },
    { integrityKey: localPassword },
  );
}

/** True for a check that the peer itself made for us in its role. */
export function isPeersCheck(message: ReceivedStun, credentials: Credentials, ownRole: Role): boolean {
  const { username, priority, iceControlling, iceControlled, useCandidate } = message.attributes;
  if (message.class !== 'request' || message.method !== BINDING || !message.fingerprint) return false;
  if (username !== `${credentials.localFragment}:${credentials.remoteFragment}`) return false;
  if (message.unknownRequired.length > 0 || priority === undefined) return false;
  // Roles are fixed by the handshake (the client controls), so a conflict (§7.3.1.1) is a forgery.
  const peerControls = iceControlling !== undefined && iceControlled === undefined;
  if (peerControls !== (ownRole === 'controlled') || (useCandidate && !peerControls)) return false;
  return verifyIntegrity(message, credentials.localPassword);
}

/** True for a success response that the peer itself signed. */
export function isPeersAnswer(message: ReceivedStun, credentials: Credentials): boolean {
  if (message.class !== 'success' || message.method !== BINDING || !message.fingerprint) return false;
  return message.attributes.xorMappedAddress !== undefined && verifyIntegrity(message, credentials.remotePassword);
}
