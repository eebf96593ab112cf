/**
 * Remembers which first messages were seen, in memory of a fixed size: a set-associative table of
 * 64-bit fingerprints. Nothing live is ever pushed out (that would let a replay through): where
 * there is no room left the answer is `full`, and the caller refuses.
 */
import { concat } from '../../base/bytes.ts';
import type { Ms } from '../../base/units.ts';
import type { HandshakeCrypto } from '../../effects.ts';

const WAYS = 8;

export class ReplayCache {
  readonly #sets: number;
  readonly #fingerprints: BigUint64Array;
  readonly #expiries: Float64Array;
  /** Keeps strangers from choosing nonces that all fall into one set. */
  #salt: Uint8Array | null = null;

  /** @param capacity entries, rounded up to a power of two; 16 bytes each. */
  constructor(capacity = 65_536) {
    this.#sets = 2 ** Math.max(0, Math.ceil(Math.log2(capacity / WAYS)));
    this.#fingerprints = new BigUint64Array(this.#sets * WAYS);
    this.#expiries = new Float64Array(this.#sets * WAYS).fill(Number.NEGATIVE_INFINITY);
  }

  /** Adds a first message's nonce, which counts as seen until `until` (ms). */
  add(
    crypto: Pick<HandshakeCrypto, 'sha256' | 'randomBytes'>,
    nonce: Uint8Array,
    until: Ms,
    now: Ms,
  ): 'new' | 'seen' | 'full' {
    this.#salt ??= crypto.randomBytes(16);
    const key = crypto.sha256(concat(this.#salt, nonce));
    const view = new DataView(key.buffer, key.byteOffset, key.byteLength);
    const first = (view.getUint32(0) % this.#sets) * WAYS;
    const fingerprint = view.getBigUint64(4);
    let free = -1;
    for (let slot = first; slot < first + WAYS; slot++) {
      if ((this.#expiries[slot] as number) < now) free = slot;
      else if (this.#fingerprints[slot] === fingerprint) return 'seen';
    }
    if (free < 0) return 'full';
    this.#fingerprints[free] = fingerprint;
    this.#expiries[free] = until;
    return 'new';
  }
}
