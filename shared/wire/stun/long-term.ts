/** The long-term credential mechanism's key (RFC 8489 §9.2.2), as TURN servers ask for it. */
import { md5 } from '@noble/hashes/legacy.js';
import { utf8 } from '../../base/bytes.ts';

/**
 * MD5(username:realm:password), 16 bytes, the key of MESSAGE-INTEGRITY. MD5 is what every TURN server in
 * the field speaks; the password is random and lives for an hour, so no dictionary reaches it.
 * All three texts as prepared (OpaqueString, RFC 8265); credentials of Warren's are ASCII.
 */
export function longTermKey(username: string, realm: string, password: string): Uint8Array {
  return md5(utf8(`${username}:${realm}:${password}`));
}
