/**
 * Two helpers of two operators, of which either dies at any time: nothing that runs stops, and new sessions
 * start. Everything is real: hosts, providers, helpers. More ways to die: tests/outages/helper-outages.test.ts.
 */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { until } from '../e2e/wait.ts';
import type { SceneHelper } from '../lab/helper.ts';
import { OutageBench } from '../outages/bench.ts';
import { bringBack, nothingStopped, startAnother } from '../outages/two-helpers.ts';

let bench: OutageBench;
let first: SceneHelper;
let second: SceneHelper;
beforeAll(async () => {
  bench = await OutageBench.create({ helpers: 2 });
  [first, second] = bench.scene.helpers as [SceneHelper, SceneHelper];
}, 120_000);
afterEach(({ task }) => {
  if (task.result?.state === 'fail') bench.tell();
});
afterAll(() => bench?.close());

test('every offer is at both, both tell us where we are, and neither knows who', async () => {
  for (const helper of [first, second]) {
    await until('both offers', async () => (await helper.metric('warren_proposals')) === 2);
    expect(await helper.metric('warren_stun_total', 'answered')).toBeGreaterThan(0);
    expect(await helper.metric('warren_events_total', '"signal",outcome="accepted"')).toBeGreaterThan(0);
  }
  expect(bench.driver.host.snapshot()?.host.nat?.mapping).toBe('endpoint-independent');
});

test('the first is killed while a session runs: it runs on, and another one starts', async () => {
  await first.kill();
  await startAnother(bench, 'first helper killed');
  expect(bench.driver.host.snapshot()?.host.nat?.mapping).toBe('endpoint-independent');
  nothingStopped(bench);
  await bringBack(first);
});

test('the second hangs, so that nobody is told: the same', async () => {
  second.hang();
  await startAnother(bench, 'second helper hangs');
  nothingStopped(bench);
});
