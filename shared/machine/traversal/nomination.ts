/** When the controlling side takes the best pair that works (RFC 8445 §8.1.1, regular nomination). */
import type { Ms } from '../../base/units.ts';
import { isRelayed, type Pair } from './checklist.ts';

/** How long a working pair is held back while a better one may still answer. */
const PATIENCE: Record<Pair['remote']['type'], Ms> = { host: 0, srflx: 100, prflx: 150, relay: 0 };
/** From the beginning of a search on, a direct way has this long before a relay carries the traffic. */
const RELAY_AFTER: Ms = 300;

export interface Contest {
  /** Highest priority first. */
  readonly pairs: readonly Pair[];
  readonly inUse: Pair | null;
  /** The pair in use is suspect, or lost its base. */
  readonly doubtful: boolean;
  readonly searchSince: Ms;
  readonly firstSuccessAt: Ms;
}

/** Null when there is nothing to nominate. */
export function nominationAt({ pairs, inUse, doubtful, searchSince, firstSuccessAt }: Contest): Ms | null {
  const best = pairs.find((p) => p.state === 'succeeded');
  if (!best) return null;
  // A pair in use and well is replaced by a better one only; a suspect one by any that works. Another port of the
  // same two ends is none: it may be the one that was just left.
  if (inUse && best !== inUse && best.priority <= inUse.priority && !doubtful) return null;
  if (best === inUse && pairs[0] !== best) return null;
  if (best === pairs[0]) return firstSuccessAt;
  if (!isRelayed(best)) return firstSuccessAt + PATIENCE[best.remote.type];
  return doubtful ? firstSuccessAt : Math.max(firstSuccessAt, searchSince + RELAY_AFTER);
}
