/** The real clock: never runs backwards, and follows the wall clock forwards over a sleep of the machine. */
import type { Clock } from '../effects.ts';

/** A lead of the wall clock above this is no drift: the machine slept, or the clock was set for the first time. */
const STEP_MS = 1_000;

/**
 * `now()` is epoch milliseconds, with fractions: monotonic time, moved ahead when the wall clock leads. A laptop's
 * monotonic clock stands still in its sleep, and a small board learns the time after its start; either would send
 * times that others find stale. Timers keep no process alive.
 */
export function createClock(wall: () => number = Date.now, monotonic: () => number = () => performance.now()): Clock {
  let offset = wall() - monotonic();
  return {
    now() {
      const lead = wall() - monotonic() - offset;
      if (lead > STEP_MS) offset += lead;
      return monotonic() + offset;
    },
    after(delay, run) {
      const timer = setTimeout(run, delay);
      return () => clearTimeout(timer);
    },
  };
}
