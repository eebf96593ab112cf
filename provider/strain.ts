/**
 * Whether this process keeps up. Its own timers tell: where they come late, everything does, the answers to those who
 * are here as well. A client more would take from them what it gets.
 */
import type { Ms } from '../shared/base/units.ts';
import type { Clock, Unsubscribe } from '../shared/effects.ts';

export const LOOK_MS: Ms = 250;
/** The past weighs half after three seconds and a half: a pause is none of these, being too slow for long is. */
const WEIGHT = 0.05;
/** Of one look: a machine that slept, or a disk that stood still once, is not overloaded. */
const MOST_MS: Ms = 2_000;
/** Strained from so late on average; well again below the other, so that clients are not sent away by turns. */
const LATE_MS: Ms = 400;
const WELL_MS: Ms = 100;

/** Pure: how late each look came in, whether it is too much out. */
export class Strain {
  #lateMs: Ms = 0;
  #strained = false;

  /** On average, of late. */
  get lateMs(): Ms {
    return this.#lateMs;
  }

  get strained(): boolean {
    return this.#strained;
  }

  /** @param late how much later than `LOOK_MS` after the last one this look came. */
  handle(late: Ms): void {
    this.#lateMs += WEIGHT * (Math.min(MOST_MS, Math.max(0, late)) - this.#lateMs);
    this.#strained = this.#lateMs >= (this.#strained ? WELL_MS : LATE_MS);
  }
}

/** @param onChange each time that it begins or ends. */
export function watchStrain(clock: Clock, onChange: (strain: Strain) => void): Strain & { stop(): void } {
  const strain = new Strain();
  let cancel: Unsubscribe = () => {};
  const look = () => {
    const due = clock.now() + LOOK_MS;
    cancel = clock.after(LOOK_MS, () => {
      const before = strain.strained;
      strain.handle(clock.now() - due);
      if (strain.strained !== before) onChange(strain);
      look();
    });
  };
  look();
  return Object.assign(strain, { stop: () => cancel() });
}
