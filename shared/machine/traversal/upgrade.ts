/** When to look for a direct way again while a relay carries the traffic: 1, 2, 4 … 60 s (nat.md §a). */
import type { Ms } from '../../base/units.ts';
import type { Deadline } from '../machine.ts';

const FIRST: Ms = 1_000;
const LONGEST: Ms = 60_000;

/** A search for a direct way while a relay carries: both ends begin it within a round trip of each other. */
export const UPGRADE_SEARCH: Ms = 4_000;

export class Upgrade {
  #tries = 0;
  #at: Ms | null = null;

  /** The search that just ended found nothing better. */
  plan(now: Ms): void {
    this.#at = now + Math.min(FIRST * 2 ** this.#tries++, LONGEST);
  }

  /** True once, when it is time. */
  due(now: Ms): boolean {
    if (this.#at === null || now < this.#at) return false;
    this.#at = null;
    return true;
  }

  /** A direct path is in use, or something changed: the next relay starts over. */
  reset(): void {
    this.#tries = 0;
    this.#at = null;
  }

  deadline(): Deadline | null {
    return this.#at === null ? null : { at: this.#at, why: 'look for a direct way again' };
  }
}
