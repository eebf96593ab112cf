/**
 * Whether the peer is still there (RFC 7675, softened): a check every 4–5 s, asked again quickly while
 * it stays unanswered. What WireGuard hears counts as well: it, not STUN, is the truth about liveness.
 */
import type { Ms } from '../../base/units.ts';
import { type Deadline, earliest } from '../machine.ts';

const INTERVAL_MIN: Ms = 4_000;
const INTERVAL_SPREAD: Ms = 1_000;
const RETRY: Ms = 500;
/** Time without a sign of life after which another path is looked for (nat.md §1: Tailscale's trust). */
const SUSPECT_AFTER: Ms = 6_500;

export class Consent {
  readonly #lostAfter: Ms;
  #heardAt: Ms;
  #askAt: Ms;
  #suspect = false;

  constructor(now: Ms, lostAfter: Ms, draw: number) {
    this.#lostAfter = Math.max(lostAfter, SUSPECT_AFTER);
    this.#heardAt = now;
    this.#askAt = now + interval(draw);
  }

  get suspect(): boolean {
    return this.#suspect;
  }

  /** Something authentic came from the peer; true when that ends a suspicion. */
  heard(now: Ms): boolean {
    this.#heardAt = now;
    const recovered = this.#suspect;
    this.#suspect = false;
    return recovered;
  }

  /** There is reason to doubt: ask at once. True when nobody doubted before. */
  doubt(now: Ms): boolean {
    const fresh = !this.#suspect;
    this.#suspect = true;
    this.#askAt = now;
    return fresh;
  }

  /** Our own check was answered: the next one in 4–5 s. */
  answered(now: Ms, draw: number): void {
    this.#askAt = now + interval(draw);
  }

  /** What time demands now. `ask` may come together with `suspect`. */
  tick(now: Ms): { readonly ask: boolean; readonly turned: 'suspect' | 'lost' | null } {
    if (now >= this.#heardAt + this.#lostAfter) return { ask: false, turned: 'lost' };
    const turned = !this.#suspect && now >= this.#heardAt + SUSPECT_AFTER ? 'suspect' : null;
    if (turned) this.#suspect = true;
    const ask = now >= this.#askAt;
    if (ask) this.#askAt = now + RETRY;
    return { ask, turned };
  }

  deadline(): Deadline {
    const end = this.#heardAt + (this.#suspect ? this.#lostAfter : SUSPECT_AFTER);
    const ask = { at: this.#askAt, why: 'ask the peer for consent' };
    return earliest(ask, { at: end, why: this.#suspect ? 'give the path up' : 'suspect the path' }) ?? ask;
  }
}

function interval(draw: number): Ms {
  return INTERVAL_MIN + (draw / 255) * INTERVAL_SPREAD;
}
