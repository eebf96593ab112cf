/**
 * Token buckets for work that strangers ask for: one per key and one for all of them together.
 * Memory is bounded: at most `maxKeys` buckets, and a full bucket is forgotten since it says nothing.
 */
import type { Ms } from '../../base/units.ts';

export interface RateLimits {
  /** Tokens that one key may spend at once, and how many come back per second. */
  readonly perKey: { readonly burst: number; readonly perSecond: number };
  readonly total: { readonly burst: number; readonly perSecond: number };
  readonly maxKeys: number;
}

/** A handshake costs about 1 ms: 20 a second take 2 % of a core, bursts of 100 a tenth of a second. */
export const HANDSHAKE_LIMITS: RateLimits = {
  perKey: { burst: 4, perSecond: 0.2 },
  total: { burst: 100, perSecond: 20 },
  maxKeys: 4096,
};

interface Bucket {
  tokens: number;
  at: Ms;
}

export class RateLimiter {
  readonly #limits: RateLimits;
  readonly #keys = new Map<string, Bucket>();
  readonly #total: Bucket;

  constructor(limits: RateLimits = HANDSHAKE_LIMITS) {
    this.#limits = limits;
    this.#total = { tokens: limits.total.burst, at: 0 };
  }

  /** True when one piece of work may be done now; a refusal costs nothing. `now` in ms. */
  take(key: string, now: Ms): boolean {
    refill(this.#total, this.#limits.total, now);
    if (this.#total.tokens < 1) return false;
    const bucket = this.#bucket(key, now);
    if (!bucket || bucket.tokens < 1) return false;
    bucket.tokens--;
    this.#total.tokens--;
    return true;
  }

  get keys(): number {
    return this.#keys.size;
  }

  #bucket(key: string, now: Ms): Bucket | null {
    const { perKey, maxKeys } = this.#limits;
    const known = this.#keys.get(key);
    if (known) {
      refill(known, perKey, now);
      // Least recently used stays in front, where #forgetFull looks.
      this.#keys.delete(key);
      this.#keys.set(key, known);
      return known;
    }
    if (this.#keys.size >= maxKeys) this.#forgetFull(now);
    if (this.#keys.size >= maxKeys) return null;
    const fresh = { tokens: perKey.burst, at: now };
    this.#keys.set(key, fresh);
    return fresh;
  }

  /** Stops at the first bucket that is not full again: those behind it were used later. */
  #forgetFull(now: Ms): void {
    for (const [key, bucket] of this.#keys) {
      refill(bucket, this.#limits.perKey, now);
      if (bucket.tokens < this.#limits.perKey.burst) return;
      this.#keys.delete(key);
    }
  }
}

function refill(bucket: Bucket, rate: { readonly burst: number; readonly perSecond: number }, now: Ms): void {
  const elapsed = Math.max(0, now - bucket.at);
  bucket.tokens = Math.min(rate.burst, bucket.tokens + (elapsed / 1000) * rate.perSecond);
  bucket.at = now;
}
