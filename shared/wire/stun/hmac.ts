/**
 * HMAC (RFC 2104) by a key that stays. Its first block on either side is the key's alone: a path's keys live as long as
 * the path, so what they begin with is computed once.
 */
import { hmac } from '@noble/hashes/hmac.js';
import type { CHash } from '@noble/hashes/utils.js';

type Begun = ReturnType<typeof hmac.create>;

/** By the key's array itself, and as long as that is there. */
const begun = new WeakMap<Uint8Array, Map<CHash, Begun>>();

/** @param key is not to be changed afterwards. */
export function hmacBy(hash: CHash, key: Uint8Array): (data: Uint8Array) => Uint8Array {
  const known = begun.get(key) ?? new Map<CHash, Begun>();
  begun.set(key, known);
  const first = known.get(hash) ?? hmac.create(hash, key);
  known.set(hash, first);
  return (data) => first.clone().update(data).digest();
}
