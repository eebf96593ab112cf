/** Keeps the day's totals while the node runs: takes what the parts report, and writes it down now and then. */
import { asWarrenError } from '../../shared/base/errors.ts';
import type { Ms } from '../../shared/base/units.ts';
import type { Clock, Unsubscribe } from '../../shared/effects.ts';
import type { Log } from '../log.ts';
import { type Day, type DayPart, Days } from './days.ts';
import { readDays, writeDays } from './file.ts';

export interface EarningsRecord {
  readonly days: readonly Day[];
  add(part: DayPart): void;
  /** Writes what is not written yet. */
  close(): void;
}

/** Flash cards wear out by writing. */
const WRITE_EVERY_MS: Ms = 60_000;

/** @param totals of all clients, since the start. */
export function recordEarnings(
  path: string,
  totals: { readonly rxBytes: number; readonly txBytes: number },
  clock: Clock,
  log: Log,
): EarningsRecord {
  const days = new Days(readDays(path));
  let written = days.version;
  let seen = { ...totals };
  let cancel: Unsubscribe = () => {};

  function measure(): void {
    const [rxBytes, txBytes] = [totals.rxBytes - seen.rxBytes, totals.txBytes - seen.txBytes];
    seen = { rxBytes: totals.rxBytes, txBytes: totals.txBytes };
    if (rxBytes + txBytes > 0) days.add({ rxBytes, txBytes }, clock.now());
  }

  function write(): void {
    measure();
    if (days.version === written) return;
    try {
      writeDays(path, days.all);
      written = days.version;
    } catch (thrown) {
      log.warn({ reason: asWarrenError(thrown).message }, 'the totals of the day could not be written');
    }
  }

  function next(): void {
    cancel = clock.after(WRITE_EVERY_MS, () => {
      write();
      next();
    });
  }
  next();

  return {
    get days() {
      return days.all;
    },
    add: (part) => days.add(part, clock.now()),
    close() {
      cancel();
      write();
    },
  };
}
