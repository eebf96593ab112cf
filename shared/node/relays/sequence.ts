/**
 * Puts one peer's messages in the order in which they were sent. Several relays deliver the same
 * messages at different speeds; a gap that does not close within a second of what came after it is given up.
 */
import type { Clock, Unsubscribe } from '../../effects.ts';

const MAX_HELD = 16;
const GAP_MS = 1_000;

export class Sequence {
  readonly #clock: Clock;
  readonly #deliver: (message: Uint8Array) => void;
  readonly #held = new Map<number, Uint8Array>();
  #next = 1;
  #cancel: Unsubscribe | null = null;

  constructor(clock: Clock, deliver: (message: Uint8Array) => void) {
    this.#clock = clock;
    this.#deliver = deliver;
  }

  /** A number that was delivered or given up already is dropped. */
  take(number: number, message: Uint8Array): void {
    if (number < this.#next || number >= this.#next + MAX_HELD) return;
    this.#held.set(number, message);
    this.#flush();
  }

  close(): void {
    this.#cancelGap();
    this.#held.clear();
    this.#next = Number.POSITIVE_INFINITY;
  }

  #flush(): void {
    for (let message = this.#held.get(this.#next); message; message = this.#held.get(this.#next)) {
      this.#held.delete(this.#next++);
      this.#cancelGap();
      this.#deliver(message);
    }
    if (this.#held.size === 0) return;
    this.#cancel ??= this.#clock.after(GAP_MS, () => {
      this.#next = Math.min(...this.#held.keys());
      this.#flush();
    });
  }

  #cancelGap(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}
