/** Bytes a second over the last second or so, from counters that arrive at any pace. */
import type { ByteCount, Ms } from '../shared/base/units.ts';

interface Sample {
  readonly rxBytes: ByteCount;
  readonly txBytes: ByteCount;
  readonly at: Ms;
}

const WINDOW_MS: Ms = 1_500;

export class Rate {
  #samples: Sample[];

  constructor(now: Ms) {
    this.#samples = [{ rxBytes: 0, txBytes: 0, at: now }];
  }

  sample(counters: { readonly rxBytes: ByteCount; readonly txBytes: ByteCount }, now: Ms): void {
    this.#samples.push({ rxBytes: counters.rxBytes, txBytes: counters.txBytes, at: now });
    // The newest sample older than the window stays: it is where the window begins.
    while ((this.#samples[1]?.at ?? now) < now - WINDOW_MS) this.#samples.shift();
  }

  current(now: Ms): { readonly rxRate: number; readonly txRate: number } {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (!first || !last || first === last) return { rxRate: 0, txRate: 0 };
    const seconds = Math.max(0.1, (now - first.at) / 1000);
    return {
      rxRate: Math.round((last.rxBytes - first.rxBytes) / seconds),
      txRate: Math.round((last.txBytes - first.txBytes) / seconds),
    };
  }
}
