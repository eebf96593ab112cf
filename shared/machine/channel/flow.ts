/**
 * How much is under way: the rate of a byte counter, and the bytes that pass before the other side can
 * react to what we say now (two round trips and the time between two looks at the counter).
 */
import type { ByteCount, Ms } from '../../base/units.ts';

/** No window is larger than this: it is money paid ahead, or data given on credit. */
export const MAX_WINDOW_BYTES: ByteCount = 32_000_000;
const SMOOTHING = 0.3;
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
    const elapsed = this.#at === null ? 0 : now - this.#at;
    if (elapsed > 0) {
      const rate = Math.max(0, total - this.#total) / elapsed;
      // Up at once, down slowly: a burst that comes back must find its window.
      this.#bytesPerMs = Math.max(rate, this.#bytesPerMs + SMOOTHING * (rate - this.#bytesPerMs));
      this.#intervalMs = Math.min(elapsed, MAX_INTERVAL_MS);
    }
    if (this.#at === null || elapsed > 0) {
      this.#at = now;
      this.#total = total;
    }
  }

  get window(): ByteCount {
    const bytes = this.#bytesPerMs * (2 * this.#roundTripMs + this.#intervalMs);
    return Math.min(Math.ceil(bytes), MAX_WINDOW_BYTES);
  }
}
