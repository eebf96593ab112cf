/**
 * A program that takes what it has to do from its standard input, started before there is anything to do. To start one
 * is most of what a small change costs (5 ms of 7), and a client who joins a node waits for three of them.
 */
import { type Started, start } from './commands.ts';

export class Ready {
  readonly #program: string;
  readonly #args: readonly string[];
  readonly #holders = new Set<object>();
  #waiting: Started | null = null;

  constructor(program: string, ...args: readonly string[]) {
    this.#program = program;
    this.#args = args;
  }

  /** One is kept waiting from now on. @returns what ends that; it may be called again. */
  hold(): () => void {
    const holder = {};
    this.#holders.add(holder);
    this.#prepare();
    return () => {
      this.#holders.delete(holder);
      if (this.#holders.size > 0) return;
      // Told nothing it does nothing, and ends.
      this.#waiting?.finish('').catch(() => {});
      this.#waiting = null;
    };
  }

  /** @returns what the program wrote to stdout. @throws CommandFailed */
  async run(stdin: string): Promise<string> {
    const waiting = this.#waiting;
    const started = waiting && !waiting.ended ? waiting : start(this.#program, this.#args);
    this.#waiting = null;
    try {
      return await started.finish(stdin);
    } finally {
      // Whoever waits for this one's answer gets it first.
      setImmediate(() => this.#prepare());
    }
  }

  #prepare(): void {
    if (this.#holders.size > 0 && (!this.#waiting || this.#waiting.ended))
      this.#waiting = start(this.#program, this.#args);
  }
}
