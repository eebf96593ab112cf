/** The timers of one owner: all of them end with it. */
import type { Ms } from '../shared/base/units.ts';
import type { Clock, Unsubscribe } from '../shared/effects.ts';

export class Timers {
  readonly #clock: Clock;
  readonly #cancels = new Set<Unsubscribe>();
  #stopped = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  after(delay: Ms, run: () => void): void {
    if (this.#stopped) return;
    const cancel = this.#clock.after(delay, () => {
      this.#cancels.delete(cancel);
      if (!this.#stopped) run();
    });
    this.#cancels.add(cancel);
  }

  every(period: Ms, run: () => void): void {
    this.after(period, () => {
      run();
      this.every(period, run);
    });
  }

  stop(): void {
    this.#stopped = true;
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
  }
}
