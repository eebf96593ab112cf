/** How long each step of one connect took, in the order in which they ended. */
import type { Ms } from '../shared/base/units.ts';

const MAX_STEPS = 32;

export type StepName =
  | 'discover'
  | 'resolve'
  | 'signer'
  | 'channel'
  | 'gather'
  | 'handshake'
  | 'accept'
  | 'tunnel'
  | 'traverse'
  | 'wireguard'
  | 'proxy'
  | 'control'
  | 'total';

export class Steps {
  readonly #now: () => Ms;
  readonly #started = new Map<StepName, Ms>();
  readonly #done: { readonly name: StepName; readonly ms: number }[] = [];

  constructor(now: () => Ms) {
    this.#now = now;
  }

  begin(...names: readonly StepName[]): void {
    for (const name of names) if (!this.#started.has(name)) this.#started.set(name, this.#now());
  }

  /** Ends a step once; one that never began, or ended before, is left alone. */
  end(name: StepName): void {
    const from = this.#started.get(name);
    if (from === undefined || this.#done.length >= MAX_STEPS || this.#done.some((step) => step.name === name)) return;
    this.#done.push({ name, ms: Math.round((this.#now() - from) * 10) / 10 });
  }

  list(): { name: string; ms: number }[] {
    return this.#done.map((step) => ({ ...step }));
  }
}
