/**
 * Applies nftables rules: each call is one transaction, all of it or nothing. Calls are made one after
 * the other, since concurrent transactions only make each other retry.
 */
import { CommandFailed, run } from './commands.ts';
import { Ready } from './ready.ts';

export class Nft {
  readonly #program: string;
  readonly #transaction: Ready;
  #last: Promise<unknown> = Promise.resolve();

  constructor(program: string) {
    this.#program = program;
    this.#transaction = new Ready(program, '-f', '-');
  }

  /** What a small change waits for. */
  get ready(): readonly Ready[] {
    return [this.#transaction];
  }

  /** @throws CommandFailed; then nothing has changed. */
  apply(rules: string): Promise<void> {
    return this.#next(async () => {
      await this.#transaction.run(rules);
    });
  }

  /** Why the kernel would not take these rules; null when it would. Changes nothing. */
  async objection(rules: string): Promise<CommandFailed | null> {
    try {
      await this.#next(() => run(this.#program, ['-c', '-f', '-'], rules));
      return null;
    } catch (error) {
      if (error instanceof CommandFailed) return error;
      throw error;
    }
  }

  /** The `nftables` array of `nft -j …`, unparsed beyond JSON. */
  async list(...what: readonly string[]): Promise<readonly unknown[]> {
    const answer: unknown = JSON.parse(await this.#next(() => run(this.#program, ['-j', 'list', ...what])));
    if (typeof answer !== 'object' || answer === null || !('nftables' in answer)) return [];
    return Array.isArray(answer.nftables) ? answer.nftables : [];
  }

  #next<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
