/**
 * Click → first byte, in the lab: the real host behind its NAT, a real provider behind another. The
 * channel is open and the relay socket warm, as for a user who comes back; the first connect of all,
 * with its transaction, is told apart. The lab adds no latency, so this is our own time.
 */
import { openClient } from '../lab/client.ts';
import { createScene } from '../lab/scene.ts';

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
  const scene = await createScene();
  try {
    const client = await openClient(scene, '25');
    await client.host.ask({ method: 'nodes', params: {} });
    const connect = async () => {
      const clicked = performance.now();
      client.want([{ exitId: 'de', country: 'DE' }], { closeChannels: false });
      await client.host.until('the exit is up', () => client.exit('de')?.phase === 'up', 30_000);
      const upMs = performance.now() - clicked;
      const more = ['-o', '/dev/null', '-w', '%{time_starttransfer}'];
      const fetchMs = Number(await client.fetch('de', 'https://one.example/', more)) * 1000;
      const steps = client.exit('de')?.steps ?? [];
      client.disconnect({ closeChannels: false });
      await client.host.until('idle', (host) => host.snapshot()?.idle === true, 15_000);
      return { upMs, fetchMs, steps };
    };
    const first = await connect();
    const runs: Awaited<ReturnType<typeof connect>>[] = [];
    for (let i = 0; i < RUNS; i++) runs.push(await connect());
    await client.host.end();
    const total = runs.map(({ upMs, fetchMs }) => upMs + fetchMs);
    const names = [...new Set(runs.flatMap(({ steps }) => steps.map(({ name }) => name)))];
    const timesOf = (name: string): number[] =>
      runs.flatMap(({ steps }) => steps.filter((step) => step.name === name).map(({ ms }) => ms));
    return {
      firstByteMs: median(total),
      firstByteMsMax: Math.max(...total),
      upMs: median(runs.map(({ upMs }) => upMs)),
      steps: {
        ...Object.fromEntries(names.map((name) => [name, median(timesOf(name))])),
        'page: name, TCP, TLS, first byte': median(runs.map(({ fetchMs }) => fetchMs)),
      },
      firstEver: { firstByteMs: first.upMs + first.fetchMs },
    };
  } finally {
    await scene.close();
  }
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
