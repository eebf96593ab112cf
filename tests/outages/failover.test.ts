/** A node dies under a connected client: said, replaced by one of the same country, and nothing leaks meanwhile. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Exit } from '../../shared/wire/native.ts';
import { type Capture, startCapture } from '../lab/capture.ts';
import { inNamespace } from '../lab/run.ts';
import { createScene, type Scene, type SceneProvider } from '../lab/scene.ts';
import { SERVERS } from '../lab/servers.ts';
import { type Driver, startDriver } from '../net/host-driver.ts';
import { sleepOf } from './machine-sleep.ts';

const SAID_WITHIN = 8_000;
/** Longer than a node waits for a client that it does not hear (65 s). */
const NIGHT_MS = 72_000;
const SITE = SERVERS.origins['one.example'];

let scene: Scene;
let driver: Driver;
let capture: Capture;

const exit = (): Exit => {
  const found = driver.host.exit('any');
  if (!found) throw new Error('no exit');
  return found;
};
const germans = (): readonly SceneProvider[] => [
  scene.providers.de,
  ...(scene.secondGerman ? [scene.secondGerman] : []),
];

beforeAll(async () => {
  scene = await createScene({ secondGerman: true });
  const { lab, client, chain } = scene;
  capture = await startCapture({
    name: 'client-line',
    namespace: client.home.router,
    link: 'lan',
    folder: lab.runtimeFolder('failover'),
    logs: lab.paths.logs,
  });
  driver = await startDriver(scene);
  await chain.give(driver.account.address, { token: '5', coin: '1' });
  // In Germany first; then the rule becomes "any node", which the one that stands meets.
  await driver.connect([{ exitId: 'any', country: 'DE' }]);
  await driver.connect([{ exitId: 'any' }]);
}, 90_000);
afterAll(async () => {
  driver?.close();
  await scene?.close();
});

/** Asks for the site through a proxy port until it is told to stop; how often it was asked, and answered. */
function keepAsking(exitId: string): () => Promise<{ readonly asked: number; readonly answered: number }> {
  const proxy = driver.host.exit(exitId)?.proxy;
  let asking = true;
  let asked = 0;
  let answered = 0;
  const at = `http://${proxy?.username}:${proxy?.password}@127.0.0.1:${proxy?.port}`;
  const ask = async () => {
    while (asking) {
      asked++;
      const curl = ['-sSfk', '--max-time', '1', '-x', at, 'https://one.example/'];
      await inNamespace(scene.client.home.host, 'curl', curl).then(
        () => answered++,
        () => {},
      );
    }
  };
  const done = ask();
  return async () => {
    asking = false;
    await done;
    return { asked, answered };
  };
}

test('after a sleep that the node did not wait for, the same node is connected to', { timeout: 120_000 }, async () => {
  const { node, since } = exit();
  await sleepOf(scene, NIGHT_MS);
  const woken = performance.now();
  await driver.host.until('a new session', () => exit().phase === 'up' && exit().since > since, 20_000);
  console.log(`woken after a night: connected anew after ${(performance.now() - woken).toFixed(0)} ms`);
  expect(exit()).toMatchObject({ node: { did: node?.did }, lost: null });
  await driver.fetch('any', 'https://one.example/');
});

test('the next node is of the same country, and sites stay blocked until it stands', async () => {
  const first = germans().find(({ account }) => account === exit().node?.payee);
  const second = germans().find((node) => node !== first);
  if (!first || !second) throw new Error(`connected to ${exit().node?.country}`);
  expect(await driver.fetch('any', 'https://one.example/')).toContain(first.home.wan);

  const stop = keepAsking('any');
  first.process.child.kill('SIGKILL');
  await first.process.exited;
  const killed = performance.now();
  await driver.host.until('the loss', () => exit().phase !== 'up', 20_000);
  const said = performance.now() - killed;
  expect(exit()).toMatchObject({ proxy: null, lost: { did: expect.stringContaining(first.account), country: 'DE' } });
  await driver.host.until('the next node', () => exit().phase === 'up', 20_000);
  const stands = performance.now() - killed;
  console.log(`node killed: said after ${said.toFixed(0)} ms, the next one stands after ${stands.toFixed(0)} ms`);
  expect(said).toBeLessThan(SAID_WITHIN);

  expect(exit().node).toMatchObject({ country: 'DE', payee: second.account });
  expect(exit().lost?.did).toContain(first.account);
  expect(await driver.fetch('any', 'https://one.example/')).toContain(second.home.wan);
  const { asked } = await stop();
  expect(asked).toBeGreaterThan(3);
});

test('a home that loses power is gone within 8 s too; where the country has no other, the next one helps', async () => {
  const last = germans().find(({ account }) => account === exit().node?.payee);
  if (!last) throw new Error('no German node');
  await inNamespace(last.home.router, 'ip', ['link', 'set', 'wan', 'down']);
  const cut = performance.now();
  await driver.host.until('the loss', () => exit().phase !== 'up', 20_000);
  const said = performance.now() - cut;
  console.log(`node's line cut: said after ${said.toFixed(0)} ms`);
  expect(said).toBeLessThan(SAID_WITHIN);
  expect(exit().proxy).toBeNull();
  await driver.host.until('the next node', () => exit().phase === 'up', 30_000);
  expect(exit().node?.country).toBe('JP');
  expect(await driver.fetch('any', 'https://one.example/')).toContain(scene.providers.jp.home.wan);
});

test('a rule that names a country stays there: blocked, and told why', async () => {
  await driver.disconnect();
  await driver.connect([{ exitId: 'any', country: 'JP' }]);
  scene.providers.jp.process.child.kill('SIGKILL');
  await driver.host.until('the loss', () => exit().phase !== 'up', 20_000);
  await driver.host.until('the failure', () => exit().phase === 'failed', 20_000);
  expect(exit()).toMatchObject({ proxy: null, lost: { country: 'JP' } });
});

test('all that time nothing of the site left the home outside a tunnel', async () => {
  await scene.lab.settle(scene.client.home);
  expect(await capture.matching(`host ${SITE}`)).toEqual([]);
  expect((await capture.matching('port 53')).filter((line) => /\bone\.example/.test(line))).toEqual([]);
  const visitors = new Set(scene.lab.visits.filter(({ site }) => site === 'one.example').map(({ from }) => from));
  expect(visitors.has(scene.client.home.wan)).toBe(false);
});
