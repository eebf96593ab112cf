/**
 * Click → first byte, in the lab: the real host behind its NAT, a real provider behind another. The
 * channel is open and the relay socket warm, as for a user who comes back; the first connect of all,
 * with its transaction, is told apart. The lab adds no latency, so this is our own time.
 */
import { type Connected, median, medianSteps, openBenchSession } from './session.ts';

const RUNS = 7;

export interface ConnectBench {
  /** Median ms from the intent to the first byte of a page through the tunnel. */
  readonly firstByteMs: number;
  readonly firstByteMsMax: number;
  /** Median ms from the intent to a proxy that may be used. */
  readonly upMs: number;
  /** Median ms of each step; steps that run side by side overlap. */
  readonly steps: Readonly<Record<string, number>>;
  /** The same for the very first connect, in which the channel is opened on the chain. */
  readonly firstEver: { readonly firstByteMs: number };
}

export async function benchConnect(): Promise<ConnectBench> {
  const session = await openBenchSession();
  try {
    const first = await session.connect();
    const runs: Connected[] = [];
    for (let i = 0; i < RUNS; i++) runs.push(await session.connect());
    const total = runs.map(({ upMs, pageMs }) => upMs + pageMs);
    return {
      firstByteMs: median(total),
      firstByteMsMax: Math.max(...total),
      upMs: median(runs.map(({ upMs }) => upMs)),
      steps: medianSteps(runs),
      firstEver: { firstByteMs: first.upMs + first.pageMs },
    };
  } finally {
    await session.close();
  }
}
