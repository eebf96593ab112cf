/** A clock that stands still until it is told to move. Timers run in the order of their times. */
import type { Clock } from '../../shared/effects.ts';

export interface FakeClock extends Clock {
  /** Moves time forward, running every timer that falls due on the way. */
  advance(ms: number): void;
  /** Runs timer after timer until the condition holds. @returns the time that took. Throws after `limit` ms. */
  runUntil(condition: () => boolean, limit?: number): number;
}

export function createFakeClock(start = 1_700_000_000_000): FakeClock {
  let now = start;
  let order = 0;
  const timers: { at: number; order: number; run: () => void }[] = [];

  function runNext(until: number): boolean {
    let next = timers[0];
    for (const timer of timers)
      if (!next || timer.at < next.at || (timer.at === next.at && timer.order < next.order)) next = timer;
    if (!next || next.at > until) return false;
    timers.splice(timers.indexOf(next), 1);
    now = Math.max(now, next.at);
    next.run();
    return true;
  }

  return {
    now: () => now,
    after(delay, run) {
      const timer = { at: now + Math.max(0, delay), order: order++, run };
      timers.push(timer);
      return () => {
        const i = timers.indexOf(timer);
        if (i >= 0) timers.splice(i, 1);
      };
    },
    advance(ms) {
      const end = now + ms;
      for (let left = 100_000; runNext(end); left--) if (left === 0) throw new Error('timers never come to rest');
      now = end;
    },
    runUntil(condition, limit = 60_000) {
      const from = now;
      for (let left = 100_000; !condition(); left--) {
        if (left === 0 || !runNext(from + limit)) throw new Error(`did not happen within ${limit} ms`);
      }
      return now - from;
    },
  };
}
