/**
 * Pauses between the checks of one pair; the last one repeats until the time is up. The first is short: where the peer's
 * router lets in who has been sent to, our first check comes before the peer's has opened it.
 */
import type { Ms } from '../../base/units.ts';

const RETRANSMIT: readonly Ms[] = [40, 110, 250, 400, 600, 800, 1000];

/** @param tries how often the pair was checked before. */
export function pauseAfter(tries: number): Ms {
  return RETRANSMIT[Math.min(tries, RETRANSMIT.length - 1)] as Ms;
}
