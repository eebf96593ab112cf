/** What can befall a relay under a connected client that has no other way. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { blockUdp, LIMIT_MS, lasting, OutageBench } from './bench.ts';

const PASS_SECONDS = 20;

let bench: OutageBench;
beforeAll(async () => {
  const providerNats = { de: 'symmetric', jp: 'symmetric' } as const;
  bench = await OutageBench.create({ clientNat: 'symmetric', providerNats, turnPass: PASS_SECONDS });
}, 60_000);
afterEach(({ task }) => {
  if (task.result?.state === 'fail') bench.tell();
});
afterAll(() => bench?.close());

test('its pass runs out in mid-session: the next one is there before', { timeout: 90_000 }, async () => {
  expect(bench.exit.path?.kind).toBe('relay');
  // Past the end of the pass, and past the refresh that finds it out.
  await lasting((PASS_SECONDS + 30) * 1_000);
  const pauses = bench.pulse.pauses();
  console.log(`passes of ${PASS_SECONDS} s: longest pause ${Math.max(0, ...pauses)} ms`);
  for (const pause of pauses) expect(pause).toBeLessThan(LIMIT_MS);
  expect(bench.exit.path?.kind).toBe('relay');
  bench.sameSession();
});

test('it starts again and remembers nobody', async () => {
  await bench.scene.restartTurn();
  const restored = Date.now();
  await bench.flowsAgain('relay restart', restored, restored - 500);
  expect(bench.exit.path?.kind).toBe('relay');
});

test('no datagram reaches it any more: a stream does', async () => {
  await blockUdp(bench.scene.client.home);
  const lastHeard = await bench.pulse.gone();
  const overStream = (await bench.pulse.backAfter(lastHeard)) - lastHeard;
  console.log(`UDP to the relay blocked: it carries over TCP ${overStream} ms after the last datagram`);
  expect(overStream).toBeLessThan(LIMIT_MS);
  expect(bench.exit.path?.kind).toBe('relay');
  bench.sameSession();
});
