/** What can befall a relay under a connected client that has no other way. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createScene, type Scene } from '../lab/scene.ts';
import { type Driver, startDriver } from '../net/host-driver.ts';
import { type Pulse, startEcho, startPulse } from './pulse.ts';

const LIMIT_MS = 2_000;
const PASS_SECONDS = 20;

let scene: Scene;
let driver: Driver;
let pulse: Pulse;
let upAt = 0;

const exit = () => driver.host.exit('de');

beforeAll(async () => {
  const providerNats = { de: 'symmetric', jp: 'symmetric' } as const;
  scene = await createScene({ clientNat: 'symmetric', providerNats, turnPass: PASS_SECONDS });
  driver = await startDriver(scene);
  await scene.chain.give(driver.account.address, { token: '5', coin: '1' });
  await startEcho(scene);
  await driver.connect([{ exitId: 'de', country: 'DE' }]);
  upAt = exit()?.upAt ?? 0;
  pulse = await startPulse(scene);
  await pulse.backAfter(0);
}, 60_000);
afterEach((context) => {
  if (context.task.result?.state !== 'fail') return;
  console.log(readFileSync(scene.client.hostLog, 'utf8').slice(-3_000), scene.providers.de.process.tail(20));
});
afterAll(async () => {
  driver?.close();
  await scene?.close();
});

test('its pass runs out in mid-session: the next one is there before', { timeout: 90_000 }, async () => {
  expect(exit()?.path?.kind).toBe('relay');
  // Past the end of the pass, and past the refresh that finds it out.
  await sleep((PASS_SECONDS + 30) * 1_000);
  const pauses = pulse.pauses();
  console.log(`passes of ${PASS_SECONDS} s: longest pause ${Math.max(0, ...pauses)} ms`);
  for (const pause of pauses) expect(pause).toBeLessThan(LIMIT_MS);
  expect(exit()).toMatchObject({ upAt, path: { kind: 'relay' } });
});

test('it starts again and remembers nobody', async () => {
  await scene.restartTurn();
  const restored = Date.now();
  const took = (await pulse.backAfter(restored - 500)) - restored;
  console.log(`relay restart: traffic flows after ${took} ms`);
  expect(took).toBeLessThan(LIMIT_MS);
  expect(exit()).toMatchObject({ upAt, path: { kind: 'relay' } });
});
