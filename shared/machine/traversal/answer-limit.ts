/**
 * A peer that asks more often than this is not answered: each answer costs two HMACs. A birthday's probes
 * come from 256 sockets within half a second, and the nomination of the one that was met comes among them.
 */
import type { Ms } from '../../base/units.ts';

const PER_SECOND = 100;
const BURST = 300;

export class AnswerLimit {
  #left = BURST;
  #since: Ms = 0;

  allows(now: Ms): boolean {
    this.#left = Math.min(BURST, this.#left + ((now - this.#since) * PER_SECOND) / 1000);
    this.#since = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
