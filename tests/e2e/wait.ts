/** Waits for a state of the world, never for a time. */

/** Polls until the look returns something other than null, undefined or false. @throws with the label when time is over. */
export async function until<T>(
  label: string,
  look: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  limitMs = 15_000,
  everyMs = 50,
): Promise<T> {
  const end = performance.now() + limitMs;
  let last: unknown = null;
  for (;;) {
    try {
      const seen = await look();
      if (seen !== null && seen !== undefined && seen !== false) return seen;
      last = null;
    } catch (error) {
      last = error;
    }
    if (performance.now() > end) {
      const why = last instanceof Error ? `: ${last.message}` : '';
      throw new Error(`not within ${limitMs / 1000} s: ${label}${why}`);
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
