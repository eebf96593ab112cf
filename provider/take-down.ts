/** What was made on the way up, to be taken down in reverse: each step whatever the one before it did. */
import { asWarrenError } from '../shared/base/errors.ts';
import type { Log } from './log.ts';

export class TakeDown {
  readonly #steps: { readonly what: string; readonly run: () => unknown }[] = [];
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  made(what: string, run: () => unknown): void {
    this.#steps.push({ what, run });
  }

  /** Never throws. */
  async all(): Promise<void> {
    for (const { what, run } of this.#steps.splice(0).reverse()) {
      try {
        await run();
      } catch (error) {
        this.#log.warn({ reason: asWarrenError(error).message }, `${what} did not close cleanly`);
      }
    }
  }
}
