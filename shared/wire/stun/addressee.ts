/**
 * Whose a STUN packet is, read off it and no more. A node's one socket has a thousand clients, and whoever the packet
 * is for reads all of it.
 */
import { ATTRIBUTE } from './attributes.ts';
import { looksLikeStun } from './message.ts';

const HEADER = 20;
const COLON = 0x3a;
/** RFC 8489 §14.3: USERNAME < 509 bytes. */
const MAX_FRAGMENT = 508;

export type Addressee =
  /** A check: the first half of its USERNAME, `ours:theirs` (RFC 8445 §7.2.2). */
  | { readonly to: 'fragment'; readonly fragment: string }
  /** An answer, of any class. */
  | { readonly to: 'transaction'; readonly transactionId: Uint8Array };

/** Null for what is no STUN, and for a request that names nobody. */
export function addresseeOf(packet: Uint8Array): Addressee | null {
  if (!looksLikeStun(packet)) return null;
  if (!isRequest(packet)) return { to: 'transaction', transactionId: packet.subarray(8, HEADER) };
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  for (let at = HEADER; at + 4 <= packet.length; ) {
    const length = view.getUint16(at + 2);
    if (view.getUint16(at) === ATTRIBUTE.username) return fragmentIn(packet.subarray(at + 4, at + 4 + length));
    at += 4 + length + ((4 - (length % 4)) % 4);
  }
  return null;
}

/** Both class bits are zero (RFC 8489 §5). */
export function isRequest(packet: Uint8Array): boolean {
  return packet.length >= HEADER && ((packet[0] as number) & 1) === 0 && ((packet[1] as number) & 0x10) === 0;
}

/** Fragments are ASCII (ice-chars); another text is nobody's. */
function fragmentIn(username: Uint8Array): Addressee | null {
  const end = username.indexOf(COLON);
  if (end < 0 || end > MAX_FRAGMENT) return null;
  return { to: 'fragment', fragment: String.fromCharCode(...username.subarray(0, end)) };
}
