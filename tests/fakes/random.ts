/** Random bytes that are the same in every run (xorshift32). */
import type { Random } from '../../shared/machine/traversal/api.ts';

export function createFakeRandom(seed = 1): Random {
  let state = (seed * 2654435761) >>> 0 || 1;
  return (length) =>
    Uint8Array.from({ length }, () => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      state >>>= 0;
      return state & 255;
    });
}
