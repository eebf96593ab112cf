/**
 * Full snapshots to the extension: counters at most every 250 ms, what a person or the extension waits
 * for (a phase, a need) at once, nothing when nothing changed.
 */
import type { Ms } from '../shared/base/units.ts';
import type { Clock } from '../shared/effects.ts';
import type { UpInput } from '../shared/wire/native.ts';

const EVERY: Ms = 250;
/** Phases can follow each other within a millisecond: those of one burst go out as one. */
const URGENT: Ms = 10;

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
  #dueAt: Ms = 0;
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
  readonly touch = (urgent = false): void => {
    if (this.#stopped) return;
    const now = this.#clock.now();
    const dueAt = Math.max(now, this.#sentAt + (urgent ? URGENT : EVERY));
    if (this.#cancel && this.#dueAt <= dueAt) return;
    this.#cancel?.();
    this.#dueAt = dueAt;
    // Even the first waits for the turn to end: a click changes ten things at once.
    this.#cancel = this.#clock.after(dueAt - now, () => {
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
