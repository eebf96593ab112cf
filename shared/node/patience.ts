/**
 * A time-out that counts only the time in which this process ran. After a sleep nobody is late: whoever
 * was to answer slept as well, and an ordinary timer would be the first thing to fire on waking.
 */
const SLICES = 10;

/** @returns what calls it off. */
export function patience(ms: number, giveUp: () => void): () => void {
  let left = SLICES;
  const timer = setInterval(() => {
    if (--left > 0) return;
    clearInterval(timer);
    giveUp();
  }, ms / SLICES);
  timer.unref();
  return () => clearInterval(timer);
}
