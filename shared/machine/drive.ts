/**
 * Runs one pure machine against a clock: feeds inputs, hands outputs to the shell in their order and
 * keeps exactly one timer for `deadline()`. It decides nothing.
 */
import type { Clock, Unsubscribe } from '../effects.ts';
import type { Machine, Tick } from './machine.ts';

export interface Driven<Input> {
  feed(input: Input): void;
  stop(): void;
}

export function drive<Input, Output>(
  machine: Machine<Input, Output>,
  clock: Clock,
  act: (output: Output) => void,
): Driven<Input> {
  let cancel: Unsubscribe | null = null;
  let armedFor = Number.NaN;
  let stopped = false;

  // An output's handler may feed the machine again: the queue keeps outputs in the order of decisions.
  const queue: (Input | Tick)[] = [];
  let running = false;

  function handle(input: Input | Tick): void {
    if (stopped) return;
    queue.push(input);
    if (running) return;
    running = true;
    try {
      for (let next = queue.shift(); next !== undefined && !stopped; next = queue.shift()) {
        for (const output of machine.handle(next, clock.now())) {
          act(output);
          if (stopped) break;
        }
      }
    } finally {
      running = false;
    }
    arm();
  }

  function arm(): void {
    const deadline = stopped ? null : machine.deadline();
    if (cancel && deadline && deadline.at === armedFor) return;
    cancel?.();
    cancel = null;
    if (!deadline) return;
    armedFor = deadline.at;
    cancel = clock.after(Math.max(0, deadline.at - clock.now()), () => {
      cancel = null;
      handle({ type: 'tick' });
    });
  }

  arm();
  return {
    feed: handle,
    stop() {
      stopped = true;
      queue.length = 0;
      cancel?.();
      cancel = null;
    },
  };
}
