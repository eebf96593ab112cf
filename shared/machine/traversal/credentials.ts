/**
 * The names and keys of connectivity checks, drawn from the handshake's session: both ends derive the
 * same, nothing travels. Fragments reveal neither the key nor the session id.
 */
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concat, toHex, utf8 } from '../../base/bytes.ts';
import type { Credentials } from './api.ts';

const FRAGMENT_BYTES = 8;
const PASSWORD_BYTES = 32;

/** HKDF-SHA256(traversalKey, salt = sessionId, info = "warren traversal " + role) → fragment 8 B, password 32 B. */
export function traversalCredentials(
  session: { readonly sessionId: Uint8Array; readonly traversalKey: Uint8Array },
  role: 'controlling' | 'controlled',
): Credentials {
  const of = (end: string) => {
    const info = concat(utf8('warren traversal '), utf8(end));
    const bytes = hkdf(sha256, session.traversalKey, session.sessionId, info, FRAGMENT_BYTES + PASSWORD_BYTES);
    // ice-char is alphanumeric (RFC 8839 §5.4); hex fits.
    return { fragment: toHex(bytes.subarray(0, FRAGMENT_BYTES)).slice(2), password: bytes.slice(FRAGMENT_BYTES) };
  };
  const mine = of(role);
  const theirs = of(role === 'controlling' ? 'controlled' : 'controlling');
  return {
    localFragment: mine.fragment,
    remoteFragment: theirs.fragment,
    localPassword: mine.password,
    remotePassword: theirs.password,
  };
}
