/** Bytes a second over the last second or so, from counter samples that come at uneven times. */
import type { ByteCount, Ms } from '../shared/base/units.ts';

const WINDOW: Ms = 1_000;

interface Sample {
  readonly at: Ms;
  readonly rx: ByteCount;
  readonly tx: ByteCount;
}

export class Rate {
  #samples: Sample[] = [];

  add(at: Ms, rx: ByteCount, tx: ByteCount): void {
    this.#samples.push({ at, rx, tx });
    // One sample older than the window stays: it is where the window begins.
    while (this.#samples.length > 2 && (this.#samples[1] as Sample).at <= at - WINDOW) this.#samples.shift();
  }

  /** 0 when nothing was sampled for two windows. */
  read(now: Ms): { readonly rx: number; readonly tx: number } {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (!first || !last || last.at <= first.at || now - last.at > 2 * WINDOW) return { rx: 0, tx: 0 };
    const seconds = (last.at - first.at) / 1_000;
    return { rx: Math.round((last.rx - first.rx) / seconds), tx: Math.round((last.tx - first.tx) / seconds) };
  }
}
