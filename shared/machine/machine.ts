/**
 * The shape that every pure machine in this folder has.
 *
 * A machine decides and does nothing else: it reads no clock, draws no random number, opens no
 * socket and knows no chain. Whatever it needs arrives as an input; whatever it wants done leaves
 * as an output, in the order in which it must be done. The shell around it sets one timer for
 * `deadline()` and feeds `{ type: 'tick' }` when that time has come.
 */
export interface Machine<Input, Output> {
  handle(input: Input | Tick, now: number): readonly Output[];
  /** When the machine wants a tick, and why; null when it waits for an event only. */
  deadline(): Deadline | null;
}

export interface Tick {
  readonly type: 'tick';
}

/** `at` in the same milliseconds as `now`; the reason is for logs, so a wake-up can be explained. */
export interface Deadline {
  readonly at: number;
  readonly why: string;
}

/** The earlier of two deadlines: a parent drains its children and waits for the first of them. */
export function earliest(...deadlines: readonly (Deadline | null)[]): Deadline | null {
  let first: Deadline | null = null;
  for (const deadline of deadlines) if (deadline && (!first || deadline.at < first.at)) first = deadline;
  return first;
}
