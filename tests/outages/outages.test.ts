/**
 * The network changes, or goes away for a while, under a connected client: traffic flows again within two
 * seconds of the network, it is the same session, and a download goes through all of it.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { until } from '../e2e/wait.ts';
import { blobHash } from '../lab/origins.ts';
import { inNamespace } from '../lab/run.ts';
import { lasting, OutageBench, passUdp } from './bench.ts';
import { sleepOf } from './machine-sleep.ts';
import { startPulse } from './pulse.ts';

const SLEEP_MS = 60_000;
const BLOCKS = 3;

let bench: OutageBench;
let download: Promise<string>;
let downloaded: string;

beforeAll(async () => {
  bench = await OutageBench.create();
  // As slow as to last through everything here.
  downloaded = `${bench.scene.lab.runtimeFolder('outages')}/20mb`;
  const slowly = ['--limit-rate', '180k', '--max-time', '400', '-o', downloaded];
  download = bench.driver.fetch('de', 'https://one.example/20mb', slowly);
  download.catch(() => {});
  await until('the download has begun', async () => existsSync(downloaded) && statSync(downloaded).size > 0);
}, 60_000);
afterEach(({ task }) => {
  if (task.result?.state === 'fail') bench.tell();
});
afterAll(() => bench?.close());

const host = (...args: readonly string[]) => inNamespace(bench.scene.client.home.host, 'ip', args);

test('another network: the link goes, and comes back with another address', async () => {
  await host('link', 'set', 'eth0', 'down');
  await host('address', 'flush', 'dev', 'eth0');
  await bench.pulse.gone();
  await lasting(3_000);
  await host('address', 'add', '192.168.1.77/24', 'dev', 'eth0');
  await host('link', 'set', 'eth0', 'up');
  const restored = Date.now();
  await host('route', 'replace', 'default', 'via', '192.168.1.1');
  await bench.flowsAgain('another address', restored);
});

test('the router starts again after five seconds, and the world sees us elsewhere', async () => {
  await bench.flowsAgain('router restart', await bench.renumber('90.54.12.90', 5_000));
});

test('the router is elsewhere from one moment to the next, and nobody says so', async () => {
  await bench.flowsAgain('sudden new address', await bench.renumber('90.54.12.91', 0));
});

/** The relay carries over a stream; the path is well, so it takes a moment to notice that no datagram passes. */
test('no datagram passes for ten seconds, and again: a stream to the relay carries, then the direct way', {
  timeout: 240_000,
}, async () => {
  const { scene, driver } = bench;
  for (let round = 1; round <= BLOCKS; round++) {
    await bench.overStream();
    if (round === 1) await lasting(10_000);
    await passUdp(scene.client.home);
    const opened = Date.now();
    await driver.host.until('the direct way', () => bench.exit.path?.kind === 'direct', 65_000);
    console.log(`UDP unblocked: direct again after ${Date.now() - opened} ms`);
  }
  bench.sameSession();
});

test('the helper starts again, and a new address after that', async () => {
  const [helper] = bench.scene.helpers;
  await helper?.kill();
  await helper?.start();
  await bench.flowsAgain('helper restart and new address', await bench.renumber('90.54.12.92', 1_000));
});

test('the machine sleeps for a minute', { timeout: SLEEP_MS + 60_000 }, async () => {
  await bench.flowsAgain('sleep of a minute', await sleepOf(bench.scene, SLEEP_MS));
});

test('routers that forget after two seconds', async () => {
  await bench.pulse.stop();
  const quick = ['udp_timeout=2', 'udp_timeout_stream=2'].map((setting) => `net.netfilter.nf_conntrack_${setting}`);
  for (const home of [bench.scene.client.home, bench.scene.providers.de.home])
    await inNamespace(home.router, 'sysctl', ['-qw', ...quick]);
  // So long nothing passes but checks: the path learns from those that go unanswered.
  await lasting(15_000);
  const asked = Date.now();
  bench.pulse = await startPulse(bench.scene);
  await bench.flowsAgain('mappings of two seconds, idle before', asked);
});

test('the download came through all of it', { timeout: 200_000 }, async () => {
  await download;
  const hash = createHash('sha256').update(readFileSync(downloaded)).digest('hex');
  expect(hash).toBe(blobHash());
});
