/**
 * Either of two helpers is killed, or hangs, while a session runs, between sessions and in the middle of a
 * connect; and at homes that only a TURN relay joins, whose passes the helpers give out.
 */
import { afterEach, describe, expect, test } from 'vitest';
import type { SceneHelper } from '../lab/helper.ts';
import type { SceneOptions } from '../lab/scene.ts';
import { LIMIT_MS, lasting, OutageBench } from './bench.ts';
import { startPulse } from './pulse.ts';
import { bringBack, nothingStopped, START_LIMIT_MS, startAnother } from './two-helpers.ts';

const PASS_SECONDS = 20;
const WAYS = [
  ['is killed', (helper: SceneHelper) => helper.kill()],
  ['hangs', async (helper: SceneHelper) => helper.hang()],
] as const;

let bench: OutageBench;
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') bench?.tell();
  await bench?.close();
});

async function open(options: SceneOptions = {}) {
  bench = await OutageBench.create({ helpers: 2, ...options });
  return bench.scene.helpers as [SceneHelper, SceneHelper];
}

describe.each(WAYS)('a helper that %s', (way, take) => {
  test('while a session runs, each in turn', { timeout: 240_000 }, async () => {
    for (const helper of await open()) {
      await take(helper);
      await startAnother(bench, `helper ${helper.index} ${way} in mid-session`);
      nothingStopped(bench);
      await bringBack(helper);
    }
  });

  test('between two sessions, each in turn', { timeout: 240_000 }, async () => {
    for (const helper of await open()) {
      await bench.driver.disconnect();
      await take(helper);
      const began = performance.now();
      await bench.driver.connect([{ exitId: 'de', country: 'DE' }]);
      const took = performance.now() - began;
      console.log(`helper ${helper.index} ${way} between sessions: the next one stands after ${took.toFixed(0)} ms`);
      expect(took).toBeLessThan(START_LIMIT_MS);
      await bringBack(helper);
    }
  });

  test('in the middle of a handshake, each in turn', { timeout: 240_000 }, async () => {
    for (const helper of await open()) {
      await startAnother(bench, `helper ${helper.index} ${way} in mid-handshake`, () => take(helper));
      nothingStopped(bench);
      await bringBack(helper);
    }
  });
});

test('both are gone: what runs runs on; one comes back, and sessions start again', { timeout: 120_000 }, async () => {
  const [first, second] = await open();
  await Promise.all([first.kill(), second.kill()]);
  await lasting(10_000);
  expect(await bench.driver.fetch('de', 'https://one.example/')).toContain(bench.scene.providers.de.home.wan);
  nothingStopped(bench);
  await bringBack(second);
  await startAnother(bench, 'one helper of two came back');
  nothingStopped(bench);
});

test('homes that only a relay joins: passes run out while one helper is gone', { timeout: 300_000 }, async () => {
  const providerNats = { de: 'symmetric', jp: 'symmetric' } as const;
  const helpers = await open({ clientNat: 'symmetric', providerNats, turnPass: PASS_SECONDS });
  for (const helper of helpers) {
    await helper.kill();
    await lasting((PASS_SECONDS + 15) * 1_000);
    for (const pause of bench.pulse.pauses()) expect(pause).toBeLessThan(LIMIT_MS);
    bench.sameSession();
    expect(bench.driver.host.exit('de')?.path?.kind).toBe('relay');
    await startAnother(bench, `helper ${helper.index} killed, relay only`);
    await bringBack(helper);
    await bench.pulse.stop();
    bench.pulse = await startPulse(bench.scene);
    await bench.pulse.backAfter(0);
  }
});
