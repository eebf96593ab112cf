/** A whole session in the lab, connected again and again: the real host behind its NAT, a real provider behind another. */
import type { Exit } from '../../shared/wire/native.ts';
import { openClient } from '../lab/client.ts';
import { createScene, type SceneOptions } from '../lab/scene.ts';

export interface Connected {
  /** From the intent to a proxy that may be used. */
  readonly upMs: number;
  /** From there to the first byte of a page. */
  readonly pageMs: number;
  readonly path: 'direct' | 'lan' | 'relay' | null;
  readonly steps: Exit['steps'];
}

export interface BenchSession {
  /** Click, wait, load a page; `during` runs while the tunnel stands. */
  connect(
    during?: (fetch: (url: string, more: readonly string[]) => Promise<string>) => Promise<void>,
  ): Promise<Connected>;
  close(): Promise<void>;
}

export async function openBenchSession(options: SceneOptions = {}): Promise<BenchSession> {
  const scene = await createScene(options);
  try {
    const client = await openClient(scene, '25');
    await client.host.ask({ method: 'nodes', params: {} });
    return {
      async connect(during) {
        const clicked = performance.now();
        client.want([{ exitId: 'de', country: 'DE' }], { closeChannels: false });
        await client.host.until('the exit is up', () => client.exit('de')?.phase === 'up', 30_000);
        const upMs = performance.now() - clicked;
        const more = ['-o', '/dev/null', '-w', '%{time_starttransfer}'];
        const pageMs = Number(await client.fetch('de', 'https://one.example/', more)) * 1000;
        await during?.((url, args) => client.fetch('de', url, args));
        const { steps = [], path = null } = client.exit('de') ?? {};
        client.disconnect({ closeChannels: false });
        await client.host.until('idle', (host) => host.snapshot()?.idle === true, 15_000);
        return { upMs, pageMs, path: path?.kind ?? null, steps };
      },
      async close() {
        await client.host.end();
        await scene.close();
      },
    };
  } catch (error) {
    await scene.close();
    throw error;
  }
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Median ms of each step; steps that run side by side overlap. */
export function medianSteps(runs: readonly Connected[]): Record<string, number> {
  const names = [...new Set(runs.flatMap(({ steps }) => steps.map(({ name }) => name)))];
  const timesOf = (name: string): number[] =>
    runs.flatMap(({ steps }) => steps.filter((step) => step.name === name).map(({ ms }) => ms));
  return {
    ...Object.fromEntries(names.map((name) => [name, median(timesOf(name))])),
    'page: name, TCP, TLS, first byte': median(runs.map(({ pageMs }) => pageMs)),
  };
}
