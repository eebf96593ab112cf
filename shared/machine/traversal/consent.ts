/**
 * Whether the peer is still there (RFC 7675, softened): a check every 4–5 s, asked again quickly while
 * it stays unanswered. What WireGuard hears counts as well: it, not STUN, is the truth about liveness.
 */
import type { Ms } from '../../base/units.ts';
import { type Deadline, earliest } from '../machine.ts';

const INTERVAL_MIN: Ms = 4_000;
const INTERVAL_SPREAD: Ms = 1_000;
const RETRY: Ms = 500;
/** The peer's own checks come every 4–5 s: ours waits a little longer for the next of them, and is sent before a suspicion. */
const AFTER_ITS_CHECK: Ms = 5_500;
/** … but no longer than this without an answer to one of ours: RFC 7675 §5.1 ends consent after 30 s. */
const VOUCHED_FOR: Ms = 15_000;
/** Where mappings do not live for four seconds: RFC 4787 forbids such routers, and there are some. */
const SHORT_INTERVAL_MIN: Ms = 1_000;
const SHORT_INTERVAL_SPREAD: Ms = 400;
/** So many checks in a row whose first try was lost and whose repetition was not: no coincidence. */
const FORGETFUL_AFTER = 2;
/** Asked on suspicion: so many tries, a good round trip apart, before the suspicion is said. */
const PROBES = 3;
const PROBE_PAUSE_MIN: Ms = 120;
const PROBE_PAUSE_MAX: Ms = 500;
/** Time without a sign of life after which another path is looked for (nat.md §1: Tailscale's trust). */
const SUSPECT_AFTER: Ms = 6_500;
/** A look that comes so much too late means that the machine slept: silence of that time proves nothing. */
const SLEPT: Ms = 3_000;
/** After a sleep or an outage of our own the peer has this long to be heard again. */
const WELCOME_BACK: Ms = 5_000;

export class Consent {
  readonly #lostAfter: Ms;
  #heardAt: Ms;
  #askAt: Ms;
  #answeredAt: Ms;
  #suspect = false;
  /** Our own network is down: nobody's silence counts. */
  #held = false;
  /** Asked since the last answer. */
  #tries = 0;
  #probePause: Ms | null = null;
  /** How often in a row the first try was lost. */
  #forgotten: number;

  /** @param before the consent on the pair before: routers on the way stay what they are. */
  constructor(now: Ms, lostAfter: Ms, draw: number, before: Consent | null = null) {
    this.#lostAfter = Math.max(lostAfter, SUSPECT_AFTER);
    this.#heardAt = now;
    this.#answeredAt = now;
    this.#forgotten = before?.forgetful ? FORGETFUL_AFTER : 0;
    this.#held = before?.held ?? false;
    this.#askAt = now + this.#interval(draw);
  }

  get suspect(): boolean {
    return this.#suspect;
  }

  get held(): boolean {
    return this.#held;
  }

  /** Routers on the way forget sooner than in four seconds. */
  get forgetful(): boolean {
    return this.#forgotten >= FORGETFUL_AFTER;
  }

  /**
   * Something authentic came from the peer; true when that ends a suspicion.
   * @param vouches a check of its own, to the side that does not nominate: it is there, and wants what we send. While
   *   all is well that side asks a third as often for it; a node has a thousand peers that rest.
   */
  heard(now: Ms, vouches = false): boolean {
    const isWell = !this.#suspect && this.#tries === 0 && this.#probePause === null && this.#forgotten === 0;
    if (vouches && isWell)
      this.#askAt = Math.max(this.#askAt, Math.min(now + AFTER_ITS_CHECK, this.#answeredAt + VOUCHED_FOR));
    this.#heardAt = now;
    this.#probePause = null;
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

  /** Nothing comes back: ask at once, and suspect soon. */
  probe(now: Ms, rttMs: Ms | null): void {
    if (this.#suspect || this.#probePause !== null) return;
    this.#probePause = Math.min(PROBE_PAUSE_MAX, Math.max(PROBE_PAUSE_MIN, 1.5 * (rttMs ?? 100)));
    this.#tries = 0;
    this.#askAt = now;
  }

  /** Our own network went down, or came back. */
  hold(held: boolean, now: Ms): void {
    if (this.#held && !held) this.#welcomeBack(now);
    this.#held = held;
  }

  /** Our own check was answered: the next one in 4–5 s. */
  answered(now: Ms, draw: number): void {
    if (this.#tries === 1) this.#forgotten = this.forgetful ? FORGETFUL_AFTER : 0;
    // Longer than that it was an outage.
    else if (this.#tries * RETRY <= SUSPECT_AFTER) this.#forgotten++;
    this.#tries = 0;
    this.#answeredAt = now;
    this.#askAt = now + this.#interval(draw);
  }

  /** What time demands now. `ask` may come together with `unsure` (asked on suspicion, once in vain) or `suspect`. */
  tick(now: Ms): { readonly ask: boolean; readonly turned: 'unsure' | 'suspect' | 'lost' | null } {
    if (now - this.deadline().at > SLEPT) this.#welcomeBack(now);
    if (!this.#held && now >= this.#heardAt + this.#lostAfter) return { ask: false, turned: 'lost' };
    const due = now >= this.#askAt;
    const unanswered =
      now >= this.#heardAt + SUSPECT_AFTER || (due && this.#probePause !== null && this.#tries >= PROBES);
    const unsure = due && this.#probePause !== null && this.#tries === 1;
    const turned = this.#suspect ? null : unanswered ? 'suspect' : unsure ? 'unsure' : null;
    if (turned === 'suspect') this.#suspect = true;
    if (due) {
      this.#tries++;
      this.#askAt = now + (this.#suspect ? RETRY : (this.#probePause ?? RETRY));
    }
    return { ask: due, turned };
  }

  deadline(): Deadline {
    const ask = { at: this.#askAt, why: 'ask the peer for consent' };
    if (this.#suspect && this.#held) return ask;
    const end = this.#heardAt + (this.#suspect ? this.#lostAfter : SUSPECT_AFTER);
    return earliest(ask, { at: end, why: this.#suspect ? 'give the path up' : 'suspect the path' }) ?? ask;
  }

  #welcomeBack(now: Ms): void {
    this.#heardAt = Math.max(this.#heardAt, now + WELCOME_BACK - this.#lostAfter);
    this.probe(now, null);
    this.#askAt = now;
  }

  #interval(draw: number): Ms {
    const [min, spread] = this.forgetful
      ? [SHORT_INTERVAL_MIN, SHORT_INTERVAL_SPREAD]
      : [INTERVAL_MIN, INTERVAL_SPREAD];
    return min + (draw / 255) * spread;
  }
}
