/**
 * The even share of a full line (max-min fairness): the most that one client may take, so that those who
 * want little get it all and the rest divide what is left. Pure. A queue that is fair to flows is not enough:
 * one client with a hundred downloads would get a hundred shares.
 */
import type { Ms } from '../shared/base/units.ts';

/** Under load from this part of the capacity on; quiet again below the lower one. */
const BUSY = 0.85;
const QUIET = 0.6;
/** A new limit costs the firewall a transaction, and every client a fresh second of burst. */
const REST_MS: Ms = 5_000;
const WORTH_CHANGING = 0.15;
/** A limited client must be able to show that it wants more than its share … */
const HEADROOM = 1.1;
/** … and does so by taking this part of what it may. */
const HUNGRY = 0.85;

export interface FairShareOptions {
  readonly capacityKbps: number;
  /** The owner's own limit for one client; 0: none. */
  readonly perClientKbps: number;
}

export class FairShare {
  #limit: number | null = null;
  #at: Ms = Number.NEGATIVE_INFINITY;

  /** Kbit/s for one client; null: the line is not full, nobody is held back. */
  get limit(): number | null {
    return this.#limit;
  }

  /** @param rates what each client receives, kbit/s. True when `limit` changed. */
  handle(rates: readonly number[], { capacityKbps, perClientKbps }: FairShareOptions, now: Ms): boolean {
    if (now - this.#at < REST_MS) return false;
    const total = rates.reduce((sum, rate) => sum + rate, 0);
    const wanted = this.#wanted(rates, total, capacityKbps, perClientKbps);
    if (wanted === this.#limit) return false;
    if (wanted !== null && this.#limit !== null && Math.abs(wanted / this.#limit - 1) < WORTH_CHANGING) return false;
    this.#limit = wanted;
    this.#at = now;
    return true;
  }

  #wanted(rates: readonly number[], total: number, capacity: number, perClient: number): number | null {
    if (total < (this.#limit === null ? BUSY : QUIET) * capacity) return null;
    const limit = this.#limit;
    const wishes = limit === null ? rates : rates.map((rate) => (rate >= HUNGRY * limit ? capacity : rate));
    const share = evenShare(wishes, capacity);
    if (share === null || (perClient > 0 && share >= perClient)) return null;
    return Math.max(64, Math.round(share * HEADROOM));
  }
}

/** The level at which all rates, cut to it, fill the capacity; null when fewer than two clients want that much. */
export function evenShare(rates: readonly number[], capacity: number): number | null {
  const sorted = rates.filter((rate) => rate > 0).sort((a, b) => a - b);
  let left = capacity;
  for (const [i, rate] of sorted.entries()) {
    const share = left / (sorted.length - i);
    // From here on everybody wants at least what an even division gives, or the line is theirs by nine tenths.
    if (rate >= share * 0.9) return sorted.length - i < 2 && i === 0 ? null : share;
    left -= rate;
  }
  return null;
}
