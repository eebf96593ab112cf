/** Two helpers, one of which is taken away: what has to go on, and what has to begin, all the same. */
import { expect } from 'vitest';
import { until } from '../e2e/wait.ts';
import type { SceneHelper } from '../lab/helper.ts';
import type { OutageBench } from './bench.ts';

/** A session that begins while a helper is gone may take so long; all of it, with its channel, on a busy machine. */
export const START_LIMIT_MS = 8_000;
/** A busy machine can leave a program without its turn for so long; a path that fails takes longer to be mended. */
const HICCUP_MS = 600;

/** The pulse beat all the time, and the session is the one of the beginning. */
export function nothingStopped(bench: OutageBench): void {
  for (const pause of bench.pulse.pauses()) expect(pause).toBeLessThan(HICCUP_MS);
  bench.sameSession();
}

/** Connects to Japan beside Germany, fetches through both, and lets Japan go again. */
export async function startAnother(bench: OutageBench, what: string, meanwhile?: () => Promise<void>): Promise<void> {
  const { driver } = bench;
  const began = performance.now();
  const connected = driver.connect([
    { exitId: 'de', country: 'DE' },
    { exitId: 'jp', country: 'JP' },
  ]);
  if (meanwhile) {
    const under = new Set(['shaking', 'traversing']);
    await driver.host.until('the handshake', () => under.has(driver.host.exit('jp')?.phase ?? ''));
    await meanwhile();
  }
  await connected;
  const took = performance.now() - began;
  console.log(`${what}: a new session stands after ${took.toFixed(0)} ms, ${driver.host.exit('jp')?.path?.kind}`);
  const from = await Promise.all(['de', 'jp'].map((exit) => driver.fetch(exit, 'https://one.example/')));
  expect(from[0]).toContain(bench.scene.providers.de.home.wan);
  expect(from[1]).toContain(bench.scene.providers.jp.home.wan);
  expect(took).toBeLessThan(START_LIMIT_MS);
  await driver.connect([{ exitId: 'de', country: 'DE' }]);
  const left = () => ['closed', undefined].includes(driver.host.exit('jp')?.phase);
  await driver.host.until('Japan is left', left, 25_000);
}

/** It is back, and both providers have found it again. */
export async function bringBack(helper: SceneHelper): Promise<void> {
  await helper.kill();
  await helper.start();
  await until('both offers are back', async () => (await helper.metric('warren_proposals')) === 2, 60_000);
}
