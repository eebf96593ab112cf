/** The real clock: monotonic, so that a step of the wall clock neither fires nor stalls a timer. */
import type { Clock } from '../effects.ts';

/** `now()` is epoch milliseconds at start plus monotonic time since. Timers keep no process alive. */
export function createClock(): Clock {
  return {
    now: () => performance.timeOrigin + performance.now(),
    after(delay, run) {
      const timer = setTimeout(run, delay);
      return () => clearTimeout(timer);
    },
  };
}
