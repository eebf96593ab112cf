/** A peer that asks more often than this in one second is not answered: each answer costs two HMACs. */
import type { Ms } from '../../base/units.ts';

const MAX_PER_SECOND = 100;

export class AnswerLimit {
  #since: Ms = 0;
  #count = 0;

  allows(now: Ms): boolean {
    if (now - this.#since >= 1000) {
      this.#since = now;
      this.#count = 0;
    }
    return ++this.#count <= MAX_PER_SECOND;
  }
}
