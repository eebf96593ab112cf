/** The real host on the real chain, helper, providers and NATs: everything but the browser. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Exit } from '../../shared/wire/native.ts';
import { blobHash } from '../lab/origins.ts';
import { inNamespace } from '../lab/run.ts';
import { createScene, type Scene } from '../lab/scene.ts';
import { type Driver, type DriverOptions, startDriver } from './host-driver.ts';

let scene: Scene;
let driver: Driver;

beforeAll(async () => {
  scene = await createScene();
}, 60_000);
afterAll(() => scene?.close());
afterEach(() => driver?.close());

async function drive(options?: DriverOptions): Promise<Driver> {
  driver = await startDriver(scene, options);
  await scene.chain.give(driver.account.address, { token: '5', coin: '1' });
  return driver;
}

const up = (exitId: string): Exit => {
  const exit = driver.host.exit(exitId);
  if (!exit) throw new Error(`no exit ${exitId}`);
  return exit;
};
const lastVisit = (site: string) => scene.lab.visits.findLast((visit) => visit.site === site)?.from;

describe('the host in the lab', () => {
  test('lists both nodes with country, price and latency', async () => {
    await drive();
    const page = await driver.host.ask<'nodes'>({ method: 'nodes', params: {} });
    expect(page.nodes.map((node) => node.country).sort()).toEqual(['DE', 'JP']);
    for (const node of page.nodes) {
      expect(node.latencyMs).toBeGreaterThan(0);
      expect(node).toMatchObject({ residential: true, online: true });
    }
  });

  test('connects to two countries at once, pays, closes and brings the rest home', async () => {
    await drive();
    const { chain, providers } = scene;
    const before = await chain.tokenBalance(providers.de.account);
    await driver.connect([
      { exitId: 'de', country: 'DE' },
      { exitId: 'jp', country: 'JP' },
    ]);
    for (const [exitId, wan] of [
      ['de', providers.de.home.wan],
      ['jp', providers.jp.home.wan],
    ] as const) {
      expect(await driver.fetch(exitId, 'https://one.example/')).toContain(wan);
      expect(lastVisit('one.example')).toBe(wan);
    }
    await inNamespace(scene.client.home.host, 'curl', ['-sSk', '--max-time', '10', 'https://three.example/']);
    expect(lastVisit('three.example')).toBe(scene.client.home.wan);

    const folder = scene.lab.runtimeFolder(`download-${driver.host.child.pid}`);
    await driver.fetch('de', 'https://one.example/20mb', ['-o', `${folder}/20mb`]);
    expect(
      createHash('sha256')
        .update(readFileSync(`${folder}/20mb`))
        .digest('hex'),
    ).toBe(blobHash());
    await driver.host.until('20 MB counted', () => up('de').rxBytes > 20_000_000);
    const price = up('de').pricePerMB ?? 0n;
    expect(up('de').spentSession).toBeGreaterThanOrEqual(20n * price);
    // Overhead of 4 %, 1 MB ahead, and the window of a path that carries hundreds of Mbit/s here.
    expect(up('de').spentSession).toBeLessThan(33n * price);

    const spent = up('de').spentTotal;
    const deposit = up('de').deposit ?? 0n;
    await driver.disconnect();
    expect(up('de')).toMatchObject({ phase: 'closed', error: null, proxy: null });
    const paid = (await chain.tokenBalance(providers.de.account)) - before;
    expect(up('de').refunded).toBe(deposit - paid);
    expect(paid).toBeGreaterThanOrEqual(20n * price);
    expect(paid).toBeGreaterThanOrEqual(spent);
  });

  test('is gated when it stops paying, and carries again when it pays', async () => {
    await drive();
    await driver.connect([{ exitId: 'de', country: 'DE' }]);
    await driver.host.ask<'test.stopPaying'>({ method: 'test.stopPaying', params: { stop: true } });
    const stalled = driver.fetch('de', 'https://one.example/20mb', ['-o', '/dev/null']).then(
      () => 'done',
      () => 'failed',
    );
    await driver.host.until('the gate', () => up('de').phase === 'gated');
    const price = up('de').pricePerMB ?? 1n;
    const paidBytes = Number(up('de').spentSession / price) * 1e6;
    expect(up('de').rxBytes).toBeLessThan(paidBytes + 4_000_000);
    await driver.host.ask<'test.stopPaying'>({ method: 'test.stopPaying', params: { stop: false } });
    await driver.host.until('paying again', () => up('de').phase === 'up');
    expect(await stalled).toBe('done');
    await driver.disconnect();
  });

  test('goes with its browser: no link, rule or runtime file is left', async () => {
    await drive();
    await driver.connect([{ exitId: 'de', country: 'DE' }]);
    const { host } = scene.client.home;
    expect(await inNamespace(host, 'ip', ['-br', 'link'])).toMatch(/wrn[0-9a-f]+/);
    // Those of the hosts that the tests before this one killed may still be there.
    const itsOwn = `host-${driver.host.child.pid}`;
    expect(readdirSync(scene.client.runtime)).toContain(itsOwn);
    expect((await driver.host.end()).code).toBe(0);
    expect(readdirSync(scene.client.runtime)).not.toContain(itsOwn);
    await expect.poll(() => inNamespace(host, 'ip', ['-br', 'link']), { timeout: 5_000 }).not.toMatch(/wrn[0-9a-f]+/);
    expect(await inNamespace(host, 'ip', ['rule'])).not.toContain('100.');
  });
});

describe('without netd, as an ordinary user', () => {
  test('carries two exits at once, pays, settles, and says how it does it', async () => {
    await drive({ rootless: true });
    await driver.connect([
      { exitId: 'de', country: 'DE' },
      { exitId: 'jp', country: 'JP' },
    ]);
    const { providers, client } = scene;
    expect(await driver.fetch('de', 'https://one.example/')).toContain(providers.de.home.wan);
    expect(await driver.fetch('jp', 'https://one.example/')).toContain(providers.jp.home.wan);
    const folder = scene.lab.runtimeFolder(`download-${driver.host.child.pid}`);
    await driver.fetch('de', 'https://one.example/20mb', ['-o', `${folder}/20mb`]);
    const digest = createHash('sha256').update(readFileSync(`${folder}/20mb`));
    expect(digest.digest('hex')).toBe(blobHash());
    // Nothing of the tunnels is in the machine's own network.
    expect(await inNamespace(client.home.host, 'ip', ['-br', 'link'])).not.toContain('wrn');
    const { lines } = await driver.host.ask<'diagnostics'>({ method: 'diagnostics', params: {} });
    expect(lines.find(({ name }) => name === 'Tunnels')).toMatchObject({
      ok: true,
      text: expect.stringContaining('without root'),
    });
    await driver.disconnect();
    expect(up('de')).toMatchObject({ phase: 'closed', error: null });
    expect(up('de').refunded).toBeGreaterThan(0n);
  });

  test('its namespace is killed: the port refuses, and the exit comes back by itself', async () => {
    await drive({ rootless: true });
    await driver.connect([{ exitId: 'de', country: 'DE' }]);
    const before = up('de').proxy;
    process.kill(namespaceOf(driver.host.child.pid ?? 0), 'SIGKILL');
    await driver.host.until('down', () => up('de').proxy === null, 3_000);
    const curl = ['-sS', '--max-time', '3', '-x', `http://127.0.0.1:${before?.port}`, 'http://one.example/'];
    await expect(inNamespace(scene.client.home.host, 'curl', curl)).rejects.toThrow();
    await driver.host.until('up again', () => up('de').phase === 'up', 20_000);
    expect(await driver.fetch('de', 'https://one.example/')).toContain(scene.providers.de.home.wan);
    await driver.host.end();
  });
});

describe('when a part is killed', () => {
  const links = () => inNamespace(scene.client.home.host, 'ip', ['-br', 'link']);

  test('the host: netd takes its tunnels down', async () => {
    await drive();
    await driver.connect([{ exitId: 'de', country: 'DE' }]);
    expect(await links()).toMatch(/wrn[0-9a-f]+/);
    driver.host.child.kill('SIGKILL');
    await expect.poll(links, { timeout: 5_000 }).not.toMatch(/wrn[0-9a-f]+/);
  });

  test('the provider: the exit is taken down, says so, and is looked for again', async () => {
    await drive();
    await driver.connect([{ exitId: 'jp', country: 'JP' }]);
    scene.providers.jp.process.child.kill('SIGKILL');
    await driver.host.until('down', () => up('jp').phase !== 'up', 25_000);
    expect(up('jp').proxy).toBeNull();
    expect(up('jp').error).not.toBeNull();
    await driver.host.until('the reason', () => up('jp').error?.code === 'node_offline', 15_000);
  });

  test('netd: the exit is down at once, and its port refuses', async () => {
    await drive();
    await driver.connect([{ exitId: 'de', country: 'DE' }]);
    const proxy = up('de').proxy;
    scene.client.netd.child.kill('SIGKILL');
    await driver.host.until('down', () => up('de').phase !== 'up' && up('de').proxy === null, 3_000);
    expect(driver.host.snapshot()?.host.netd).toBe('unreachable');
    const curl = ['-sS', '--max-time', '3', '-x', `http://127.0.0.1:${proxy?.port}`, 'http://one.example/'];
    await expect(inNamespace(scene.client.home.host, 'curl', curl)).rejects.toThrow();
  });
});

/** The host's process that holds its tunnels: the child of unshare(1), which is the host's own. */
function namespaceOf(host: number): number {
  const childOf = (pid: number) =>
    Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);
  return childOf(childOf(host));
}
