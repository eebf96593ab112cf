/** Full snapshots to the extension, at most one every 250 ms, the first change at once, nothing when nothing changed. */
import type { Ms } from '../shared/base/units.ts';
import type { Clock } from '../shared/effects.ts';
import type { UpInput } from '../shared/wire/native.ts';

const EVERY: Ms = 250;

type SnapshotInput = Extract<UpInput, { type: 'snapshot' }>;

export class Snapshots {
  readonly #clock: Clock;
  readonly #build: () => Omit<SnapshotInput, 'type' | 'sequence'>;
  readonly #send: (snapshot: SnapshotInput) => void;
  readonly #congested: () => boolean;
  #sequence = 0;
  #last = '';
  #sentAt: Ms = Number.NEGATIVE_INFINITY;
  #cancel: (() => void) | null = null;
  #stopped = false;

  constructor(
    clock: Clock,
    build: () => Omit<SnapshotInput, 'type' | 'sequence'>,
    send: (snapshot: SnapshotInput) => void,
    congested: () => boolean,
  ) {
    this.#clock = clock;
    this.#build = build;
    this.#send = send;
    this.#congested = congested;
  }

  /** Something may have changed. */
  readonly touch = (): void => {
    if (this.#cancel || this.#stopped) return;
    // Even the first waits for the turn to end: a click changes ten things at once.
    const wait = Math.max(0, this.#sentAt + EVERY - this.#clock.now());
    this.#cancel = this.#clock.after(wait, () => {
      this.#cancel = null;
      this.#flush();
    });
  };

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
    this.#cancel = null;
  }

  #flush(): void {
    this.#sentAt = this.#clock.now();
    // A slow reader gets the newest later instead of all of them now.
    if (this.#congested()) {
      this.touch();
      return;
    }
    const body = this.#build();
    const text = JSON.stringify(body);
    if (text === this.#last) return;
    this.#last = text;
    this.#send({ type: 'snapshot', sequence: this.#sequence++, ...body });
  }
}
