/**
 * A home without IPv4, and the whole product: chain, helper and relay have IPv6 addresses for it, so has the
 * node, and through the node it reaches sites of either family. Its prefix changes, as carriers have it.
 */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { lanAddress6 } from '../lab/home.ts';
import { ipBatch } from '../lab/run.ts';
import { LIMIT_MS, OutageBench } from './bench.ts';

let bench: OutageBench;

beforeAll(async () => {
  const providerNats = { de: 'portRestricted', jp: 'ipv6Only' } as const;
  bench = await OutageBench.create({ family: 6, clientNat: 'ipv6Only', providerNats });
}, 60_000);
afterEach(({ task }) => {
  if (task.result?.state === 'fail') bench?.tell();
});
afterAll(() => bench?.close());

test('meets a node that has both families, directly, and sees sites of both', async () => {
  const { driver, scene } = bench;
  await driver.host.until('the direct way', () => bench.exit.path?.kind === 'direct', 20_000);
  const { home } = scene.providers.de;
  expect(await driver.fetch('de', 'https://six.example/')).toContain(home.hostAddress6);
  // A site that has IPv4 only, from a machine that has none.
  expect(await driver.fetch('de', 'https://one.example/')).toContain(home.wan);
});

test('what it finds out about itself and its exit is well', async () => {
  const { lines } = await bench.driver.host.ask<'diagnostics'>({ method: 'diagnostics', params: {} });
  expect(lines.filter(({ ok }) => !ok)).toEqual([]);
  expect(lines.find(({ id }) => id === 'exitAddress')?.text).toContain('another address');
});

test('its address changes', async () => {
  const { home } = bench.scene.client;
  const [before, after] = [home.hostAddress6, lanAddress6(home, 77)];
  await ipBatch([`neigh replace proxy ${after} dev wan`], home.router);
  await ipBatch([`addr add ${after}/64 dev eth0 nodad`, `addr del ${before}/64 dev eth0`], home.host);
  // So soon that the pulse may not have missed a beat.
  expect(await bench.driver.fetch('de', 'https://six.example/')).toContain('six.example');
  const longest = Math.max(0, ...bench.pulse.pauses());
  console.log(`another IPv6 address: longest pause ${longest} ms`);
  expect(longest).toBeLessThan(LIMIT_MS);
  bench.sameSession();
});

test('meets a node that has no IPv4 either', async () => {
  const { driver, scene } = bench;
  await driver.connect([{ exitId: 'jp', country: 'JP' }]);
  const path = () => driver.host.exit('jp')?.path;
  await driver.host.until('the direct way', () => path()?.kind === 'direct', 20_000);
  expect(await driver.fetch('jp', 'https://six.example/')).toContain(scene.providers.jp.home.hostAddress6);
  await driver.disconnect();
});
