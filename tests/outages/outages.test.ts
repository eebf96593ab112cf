/**
 * The network changes, or goes away for a while, under a connected client: traffic flows again within two
 * seconds of the network, it is the same session, and a download goes through all of it.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { forgetMappings } from '../lab/nat.ts';
import { blobHash } from '../lab/origins.ts';
import { inNamespace } from '../lab/run.ts';
import { createScene, type Scene, startHelper } from '../lab/scene.ts';
import { type Driver, startDriver } from '../net/host-driver.ts';
import { sleepOf } from './machine-sleep.ts';
import { type Pulse, startEcho, startPulse } from './pulse.ts';

const LIMIT_MS = 2_000;
const SLEEP_MS = 60_000;

let scene: Scene;
let driver: Driver;
let pulse: Pulse;
let download: Promise<string>;
let downloaded: string;
let upAt = 0;

const exit = () => driver.host.exit('de');

beforeAll(async () => {
  scene = await createScene();
  driver = await startDriver(scene);
  await scene.chain.give(driver.account.address, { token: '5', coin: '1' });
  await startEcho(scene);
  await driver.connect([{ exitId: 'de', country: 'DE' }]);
  upAt = exit()?.upAt ?? 0;
  // As slow as to last through everything here.
  downloaded = `${scene.lab.runtimeFolder('outages')}/20mb`;
  const slowly = ['--limit-rate', '180k', '--max-time', '400', '-o', downloaded];
  download = driver.fetch('de', 'https://one.example/20mb', slowly);
  download.catch(() => {});
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

/** Waits for the traffic of before, and says how long after `restored` it flowed. */
async function flowsAgain(what: string, restored: number): Promise<void> {
  const took = (await pulse.backAfter(restored)) - restored;
  console.log(`${what}: traffic flows after ${took} ms, ${exit()?.path?.kind}`);
  expect(took).toBeLessThan(LIMIT_MS);
  expect(exit()).toMatchObject({ upAt });
}

const host = (...args: readonly string[]) => inNamespace(scene.client.home.host, 'ip', args);
const router = (...args: readonly string[]) => inNamespace(scene.client.home.router, 'ip', args);

test('another network: the link goes, and comes back with another address', async () => {
  await host('link', 'set', 'eth0', 'down');
  await host('address', 'flush', 'dev', 'eth0');
  await pulse.gone();
  await sleep(3_000);
  await host('address', 'add', '192.168.1.77/24', 'dev', 'eth0');
  await host('link', 'set', 'eth0', 'up');
  const restored = Date.now();
  await host('route', 'replace', 'default', 'via', '192.168.1.1');
  await flowsAgain('another address', restored);
});

test('the router starts again after five seconds, and the world sees us elsewhere', async () => {
  await flowsAgain('router restart', await renumber('90.54.12.90', 5_000));
});

test('the router is elsewhere from one moment to the next, and nobody says so', async () => {
  await flowsAgain('sudden new address', await renumber('90.54.12.91', 0));
});

/** Another public address for the client's home, all mappings forgotten; when the network was back, `ms` later. */
async function renumber(wan: string, ms: number): Promise<number> {
  await router('link', 'set', 'wan', 'down');
  await router('address', 'flush', 'dev', 'wan');
  if (ms > 0) {
    await pulse.gone();
    await sleep(ms);
  }
  await forgetMappings(scene.client.home);
  await router('address', 'add', `${wan}/32`, 'dev', 'wan');
  await router('link', 'set', 'wan', 'up');
  const restored = Date.now();
  await router('route', 'replace', 'default', 'dev', 'wan', 'scope', 'link', 'src', wan);
  return restored;
}

test('no datagram passes for ten seconds: a stream to the relay carries, then the direct way', {
  timeout: 120_000,
}, async () => {
  const wall = 'table ip wall { chain fw { type filter hook forward priority -200; meta l4proto udp drop; }; }\n';
  await inNamespace(scene.client.home.router, 'nft', ['-f', '-'], wall);
  const lastHeard = await pulse.gone();
  const overStream = (await pulse.backAfter(lastHeard)) - lastHeard;
  console.log(`UDP blocked: the relay carries over TCP after ${overStream} ms`);
  await sleep(10_000);
  await inNamespace(scene.client.home.router, 'nft', ['delete', 'table', 'ip', 'wall']);
  const opened = Date.now();
  await driver.host.until('the direct way', () => exit()?.path?.kind === 'direct', 65_000);
  console.log(`UDP unblocked: direct again after ${Date.now() - opened} ms`);
  expect(exit()).toMatchObject({ upAt });
});

test('the helper starts again, and a new address after that', async () => {
  const helper = scene.lab.processes.find(({ name }) => name === 'helper');
  helper?.child.kill('SIGKILL');
  await helper?.exited;
  await startHelper(scene.lab);
  await flowsAgain('helper restart and new address', await renumber('90.54.12.92', 1_000));
});

test('the machine sleeps for a minute', { timeout: SLEEP_MS + 60_000 }, async () => {
  await flowsAgain('sleep of a minute', await sleepOf(scene, SLEEP_MS));
});

test('routers that forget after two seconds', async () => {
  await pulse.stop();
  const quick = ['udp_timeout=2', 'udp_timeout_stream=2'].map((setting) => `net.netfilter.nf_conntrack_${setting}`);
  for (const home of [scene.client.home, scene.providers.de.home])
    await inNamespace(home.router, 'sysctl', ['-qw', ...quick]);
  // The path learns it from checks that go unanswered.
  await sleep(15_000);
  const asked = Date.now();
  pulse = await startPulse(scene);
  await flowsAgain('mappings of two seconds, idle before', asked);
});

test('the download came through all of it', { timeout: 200_000 }, async () => {
  await download;
  const hash = createHash('sha256').update(readFileSync(downloaded)).digest('hex');
  expect(hash).toBe(blobHash());
});
