/** The last two minutes of traffic, a value a second, for the chart. Fixed memory; it knows no client. */
import type { Clock, Unsubscribe } from '../../shared/effects.ts';

const SECONDS = 120;

export interface TrafficHistory {
  readonly rx: readonly number[];
  readonly tx: readonly number[];
  stop(): void;
}

export function recordTraffic(
  clock: Clock,
  totals: { readonly rxBytes: number; readonly txBytes: number },
): TrafficHistory {
  const rx: number[] = [];
  const tx: number[] = [];
  let last = { ...totals };
  let cancel: Unsubscribe = () => {};
  const sample = () => {
    rx.push(totals.rxBytes - last.rxBytes);
    tx.push(totals.txBytes - last.txBytes);
    last = { rxBytes: totals.rxBytes, txBytes: totals.txBytes };
    if (rx.length > SECONDS) {
      rx.shift();
      tx.shift();
    }
    cancel = clock.after(1000, sample);
  };
  cancel = clock.after(1000, sample);
  return { rx, tx, stop: () => cancel() };
}
