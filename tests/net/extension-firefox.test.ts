/** Firefox's own ways to go direct (each measured), tried on the built extension in a real Firefox ESR. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { GECKO_ID } from '../../manifest/extension.ts';
import { by, view } from '../e2e/ui.ts';
import { until } from '../e2e/wait.ts';
import { iceCandidates } from '../lab/ice-candidates.ts';
import { FirefoxBench } from './firefox-bench.ts';

const REFUSED = 'NS_ERROR_PROXY_CONNECTION_REFUSED';
/** As when it was idle for long enough; an open native port would keep it awake otherwise. */
const SLEEP = `WebExtensionPolicy.getByID('${GECKO_ID}').extension.terminateBackground({ disableResetIdleForTest: true })`;

const bench = new FirefoxBench();
const { exit } = bench;

beforeAll(() => bench.up({ privateWindows: true }));
afterAll(() => bench.down());
beforeEach(async () => {
  bench.direct = [];
});

const neverDirect = () => expect(bench.direct.filter((host) => host.includes('one.example'))).toEqual([]);

describe('routes', () => {
  test('a routed site goes through the exit, named there, with credentials and no prompt; others go direct', async () => {
    expect(await bench.load('www.one.example')).toBe('through the exit as u');
    expect(exit.hosts).toContain('www.one.example');
    expect(await bench.load('three.example')).toBe('direct');
    neverDirect();
  });

  test('a host with the trailing dot of the root is the same site', async () => {
    expect(await bench.load('one.example.')).toBe('through the exit as u');
  });

  test('a blocked site does not load', async () => {
    expect(await bench.load('no.example')).toBe(REFUSED);
    expect(bench.direct).toEqual([]);
  });

  test('what a page loads, prefetches, opens as a WebSocket or asks from a worker takes the way of its host', async () => {
    const tab = await bench.firefox.tab();
    await tab.goto(bench.url('one.example'));
    await tab.evaluate(async () => {
      const link = Object.assign(document.createElement('link'), { rel: 'prefetch', href: '/prefetched' });
      document.head.append(link);
      const socket = new WebSocket(`ws://${location.host}/socket`);
      await new Promise((done) => socket.addEventListener('error', done));
      const work = `fetch('${location.origin}/worker').then(() => postMessage(0), () => postMessage(1))`;
      const worker = new Worker(URL.createObjectURL(new Blob([work])));
      await new Promise((done) => worker.addEventListener('message', done));
    });
    await tab.close();
    expect(exit.requests).toEqual(expect.arrayContaining(['ws:one.example/socket', 'one.example/worker']));
    neverDirect();
  });

  test('a private window has the same routes', async () => {
    const tab = await bench.firefox.privateTab();
    expect(await bench.load('one.example', '/private', async () => tab)).toBe('through the exit as u');
    expect(exit.requests).toContain('one.example/private');
    neverDirect();
  });

  test('WebRTC finds no address of this machine on a direct page', async () => {
    const tab = await bench.firefox.tab();
    await tab.goto(bench.url('three.example'));
    const candidates = await tab.evaluate(iceCandidates);
    await tab.close();
    expect(candidates).toEqual([]);
  });
});

describe('credentials', () => {
  test('a new tunnel on the same port gets a connection of its own at once, whatever is still open', async () => {
    const tab = await bench.firefox.tab();
    await tab.goto(bench.url('one.example', '/kept-alive'));
    exit.username = 'second';
    bench.host('up');
    await until('the new credentials', async () => {
      await tab.goto(bench.url('one.example', '/again'));
      return (await tab.locator('body').textContent()) === 'through the exit as second';
    });
    await tab.close();
    expect(exit.refused).toBe(0);
    exit.username = 'u';
    bench.host('up');
    await until('the first again', async () => (await bench.load('one.example')) === 'through the exit as u');
  });

  test('wrong ones end in an error after a few tries: no prompt, no loop, not direct', async () => {
    exit.password = 'changed';
    expect(await bench.load('fresh.one.example')).toMatch(/^NS_ERROR_/);
    expect(exit.refused).toBeGreaterThan(0);
    expect(exit.refused).toBeLessThan(20);
    neverDirect();
    exit.password = 'p';
  });
});

describe('when something dies', () => {
  test('a failed exit blocks its sites, and heals the tab by itself', async () => {
    bench.host('failed');
    await bench.state('blocked');
    const tab = await bench.firefox.tab();
    await expect(tab.goto(bench.url('one.example', '/healing'))).rejects.toThrow(REFUSED);
    expect(await bench.load('three.example')).toBe('direct');
    bench.host('up');
    await bench.state('protected');
    await until('the tab has healed', () => exit.requests.includes('one.example/healing'));
    await tab.close();
    neverDirect();
  });

  test('a listener that throws blocks everything, direct sites too', async () => {
    await bench.popup.evaluate(async () => {
      const background = (await chrome.runtime.getBackgroundPage()) as unknown as { URL: unknown; kept: unknown };
      background.kept = background.URL;
      background.URL = function broken() {
        throw new Error('broken on purpose');
      };
    });
    expect(await bench.load('one.example')).toMatch(/^NS_ERROR_/);
    expect(await bench.load('three.example')).toMatch(/^NS_ERROR_/);
    await bench.popup.evaluate(async () => {
      const background = (await chrome.runtime.getBackgroundPage()) as unknown as { URL: unknown; kept: unknown };
      background.URL = background.kept;
    });
    expect(await bench.load('three.example')).toBe('direct');
    neverDirect();
  });

  test.each([
    ['throws', '() => { throw new Error("broken") }'],
    ['rejects', '() => Promise.reject(new Error("broken"))'],
    ['says nothing', '() => undefined'],
    ['says a word', '() => "DIRECT"'],
    ['has an empty list', '() => []'],
    ['names a kind that does not exist', '() => [{ type: "bogus", host: "127.0.0.1", port: 1 }]'],
  ])('were there a listener that %s, the floor below it would block everything', async (_what, answer) => {
    await bench.sabotage(answer);
    expect(await bench.load('three.example')).toBe(REFUSED);
    // Reloaded by the extension, which takes it for one that failed before its exit was up: any word but one.
    expect(await bench.load('one.example')).not.toBe('direct');
    expect(bench.direct).toEqual([]);
    await bench.sabotage('null');
    expect(await bench.load('three.example')).toBe('direct');
  });

  test('a page that fails although its exit is up is reloaded once, not again and again', async () => {
    await bench.sabotage('() => { globalThis.asked = (globalThis.asked ?? 0) + 1; return []; }');
    const tab = await bench.firefox.tab();
    // The reload may overtake the error.
    await tab.goto(bench.url('one.example')).catch(() => undefined);
    await bench.views(6);
    await tab.close();
    const asked = await bench.popup.evaluate(() => (globalThis as unknown as { asked: number }).asked);
    expect(asked).toBeGreaterThan(0);
    expect(asked).toBeLessThan(5);
    await bench.sabotage('null');
  });

  test('a background that was put to sleep is woken by a request, which it blocks until its host is up', async () => {
    await bench.sabotage('() => []');
    expect(await bench.load('three.example')).toBe(REFUSED);
    await bench.popup.close();
    await bench.firefox.inside(SLEEP);
    // What was planted is gone: this is a new life. It starts with dead routes, since its host is new as well.
    await until('it is routed', async () => (await bench.load('one.example')) === 'through the exit as u');
    await bench.openPopup();
    neverDirect();
  });

  test('a killed host leaves routed sites blocked until a new one is up', async () => {
    bench.host('broken');
    bench.killHost();
    await until('the popup says so', async () => (await view(bench.popup)).protection.state !== 'protected');
    expect(await bench.load('one.example')).toBe(REFUSED);
    expect(await bench.load('three.example')).toBe('direct');
    bench.host('up');
    await bench.state('protected');
    expect(await bench.load('one.example')).toBe('through the exit as u');
    neverDirect();
  });

  test("the extension's whole process killed: never direct, and up again at the latest when Firefox has noticed", async () => {
    const processes = `[...ChromeUtils.getAllDOMProcesses()].find(({ remoteType }) => remoteType === 'extension').osPid`;
    process.kill(await bench.firefox.inside<number>(processes), 'SIGKILL');
    for (let i = 0; i < 5; i++) expect(await bench.load('one.example')).not.toBe('direct');
    // Firefox takes the dead background for a living one until it has been idle long enough.
    await bench.firefox.inside(SLEEP);
    await bench.openPopup();
    await bench.state('protected');
    expect(await bench.load('one.example')).toBe('through the exit as u');
    neverDirect();
  });

  test('after a restart, with a routed page on the command line: blocked first, then up, and never direct', async () => {
    bench.host('broken');
    await bench.firefox.close();
    await bench.launch(bench.url('one.example', '/from-the-command-line'));
    expect(await bench.load('one.example')).toBe(REFUSED);
    await bench.openPopup();
    bench.host('up');
    await bench.state('protected');
    expect(await bench.load('one.example')).toBe('through the exit as u');
    neverDirect();
  });

  test('another extension that takes the proxy settings: said at once, and mended when it goes', async () => {
    const other = await bench.installRival('browser.proxy.settings.set({ value: { proxyType: "none" } });');
    await until('the conflict is known', async () => (await view(bench.popup)).protection.why === 'conflict');
    expect((await view(bench.popup)).protection.state).toBe('off');
    await by(bench.popup, 'errorScreen').waitFor();
    await bench.firefox.uninstall(other);
    await until('it is over', async () => (await view(bench.popup)).protection.state === 'protected');
    expect(await bench.load('one.example')).toBe('through the exit as u');
    neverDirect();
  });

  test.each([
    ['overrules ours with null, which means direct', 'null'],
    ['takes every request to a proxy of its own', `({ type: 'http', host: '127.0.0.1', port: RIVAL })`],
  ])('a rival that %s: routed requests are stopped, and nothing says protected', async (_what, answer) => {
    const { port } = new URL(bench.url('rival'));
    const rival = await bench.installRival(
      `browser.proxy.onRequest.addListener(() => ${answer.replace('RIVAL', port)}, { urls: ['<all_urls>'] });`,
    );
    expect(await bench.load('one.example')).not.toBe('direct');
    expect(await bench.load('three.example')).toBe('direct');
    await until('the conflict is known', async () => (await view(bench.popup)).protection.why === 'conflict');
    await bench.firefox.uninstall(rival);
    await by(bench.popup, 'errorRetry').click();
    await bench.state('protected');
    expect(await bench.load('one.example')).toBe('through the exit as u');
    neverDirect();
  });

  test('switched off, the browser is as it was', async () => {
    await by(bench.popup, 'connectSwitch').click();
    await bench.state('off');
    expect(await bench.load('one.example')).toBe('direct');
    const left = await bench.popup.evaluate(async () => {
      const proxy = await chrome.proxy.settings.get({});
      const webrtc = await chrome.privacy.network.webRTCIPHandlingPolicy.get({});
      return [proxy.levelOfControl, webrtc.levelOfControl];
    });
    expect(left).toEqual(['controllable_by_this_extension', 'controllable_by_this_extension']);
  });
});
