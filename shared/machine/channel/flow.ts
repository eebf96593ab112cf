/**
 * How much is under way: the rate of a byte counter, and the bytes that pass before the other side can
 * react to what we say now (two round trips and the time between two looks at the counter).
 */
import type { ByteCount, Ms } from '../../base/units.ts';

/** No window is larger than this: it is money paid ahead, or data given on credit. */
export const MAX_WINDOW_BYTES: ByteCount = 32_000_000;
/** A rate counts for half after so long: pages come in bursts, and the next one must find its window. */
const HALF_LIFE_MS: Ms = 10_000;
/** Shorter spans say nothing: a few packets would look like a fast line. */
const MIN_SPAN_MS: Ms = 50;
const MAX_INTERVAL_MS: Ms = 1_000;

export class Flow {
  #total: ByteCount = 0;
  #at: Ms | null = null;
  #intervalMs: Ms = 0;
  #bytesPerMs = 0;
  #roundTripMs: Ms;

  constructor(roundTripMs: Ms) {
    this.#roundTripMs = roundTripMs;
  }

  set roundTripMs(ms: Ms) {
    this.#roundTripMs = Math.min(Math.max(0, ms), 10_000);
  }

  /** `total` counts up from 0 with the session. */
  sample(total: ByteCount, now: Ms): void {
    if (this.#at !== null) {
      const elapsed = now - this.#at;
      if (elapsed < MIN_SPAN_MS) return;
      const rate = Math.max(0, total - this.#total) / elapsed;
      this.#bytesPerMs = Math.max(rate, this.#bytesPerMs * 0.5 ** (elapsed / HALF_LIFE_MS));
      this.#intervalMs = Math.min(elapsed, MAX_INTERVAL_MS);
    }
    this.#at = now;
    this.#total = total;
  }

  get window(): ByteCount {
    const bytes = this.#bytesPerMs * (2 * this.#roundTripMs + this.#intervalMs);
    return Math.min(Math.ceil(bytes), MAX_WINDOW_BYTES);
  }
}
