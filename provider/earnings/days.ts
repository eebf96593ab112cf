/**
 * What each day brought: sums only, so that the file on disk tells nothing of any client. Days are those of
 * UTC. It is what the dashboard's bars and `earnings` show; what may be claimed is in the book of proofs.
 */
import type { ByteCount, Ms, Wei } from '../../shared/base/units.ts';

export interface Day {
  /** YYYY-MM-DD, UTC. */
  readonly day: string;
  /** Signed by clients on this day. */
  readonly earned: Wei;
  /** Claimed on chain on this day. */
  readonly claimed: Wei;
  readonly rxBytes: ByteCount;
  readonly txBytes: ByteCount;
  readonly clients: number;
}

export type DayPart = Partial<Omit<Day, 'day'>>;

const MAX_DAYS = 400;

export class Days {
  readonly #days = new Map<string, Day>();
  #version = 0;

  constructor(days: readonly Day[] = []) {
    for (const day of days) this.#days.set(day.day, day);
  }

  /** Moves on with every change. */
  get version(): number {
    return this.#version;
  }

  /** Oldest first, days with nothing left out. */
  get all(): readonly Day[] {
    return [...this.#days.values()].sort((a, b) => a.day.localeCompare(b.day));
  }

  /** @param part may be negative: a claim that vanished in a reorganisation. */
  add(part: DayPart, now: Ms): void {
    const day = dayOf(now);
    const known = this.#days.get(day) ?? { day, earned: 0n, claimed: 0n, rxBytes: 0, txBytes: 0, clients: 0 };
    this.#days.set(day, {
      day,
      earned: known.earned + (part.earned ?? 0n),
      claimed: known.claimed + (part.claimed ?? 0n),
      rxBytes: known.rxBytes + (part.rxBytes ?? 0),
      txBytes: known.txBytes + (part.txBytes ?? 0),
      clients: known.clients + (part.clients ?? 0),
    });
    this.#version++;
    for (const { day: old } of this.all.slice(0, Math.max(0, this.#days.size - MAX_DAYS))) this.#days.delete(old);
  }
}

export function dayOf(at: Ms): string {
  return new Date(at).toISOString().slice(0, 10);
}
