/** Firefox's own ways to go direct (each measured), tried on the built extension in a real Firefox ESR. */
import { existsSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { GECKO_ID, PAGE_PATH } from '../../manifest/extension.ts';
import { SELF_TEST_HOST } from '../../shared/wire/self-test.ts';
import { ask, by, view } from '../e2e/ui.ts';
import { until } from '../e2e/wait.ts';
import { iceCandidates } from '../lab/ice-candidates.ts';
import { relayedCall } from '../lab/relayed-call.ts';
import { SERVERS, TURN_NAME } from '../lab/servers.ts';
import { callingPage } from './browser-lab.ts';
import { FirefoxBench, STOPPED } from './firefox-bench.ts';
import { loadFromEverywhere } from './page-loads.ts';

/** As when it was idle for long enough; an open native port would keep it awake otherwise. */
const SLEEP = `WebExtensionPolicy.getByID('${GECKO_ID}').extension.terminateBackground({ disableResetIdleForTest: true })`;

const bench = new FirefoxBench();

beforeAll(() => bench.up({ privateWindows: true }));
afterAll(() => bench.down());
// Over everything since the start: what comes late is found by the next one.
afterEach(() => expect(bench.place.leaks()).toEqual([]));

const requests = async () => (await bench.exit.seen()).requests;

describe('routes', () => {
  test('a routed site goes through the exit, named there, with credentials and no prompt; others go direct', async () => {
    expect(await bench.load('www.one.example')).toBe('through the exit as u');
    expect((await bench.exit.seen()).hosts).toContain('www.one.example');
    expect(await bench.load('three.example')).toBe('direct');
  });

  test('a host with the trailing dot of the root is the same site', async () => {
    expect(await bench.load('one.example.')).toBe('through the exit as u');
  });

  test('a blocked site does not load', async () => {
    expect(await bench.load('no.example')).toMatch(STOPPED);
  });

  test('whatever a routed page loads, hints at, downloads or asks from a worker goes through the exit', async () => {
    const tab = await bench.firefox.tab();
    await tab.goto(bench.url('one.example'));
    expect(await tab.evaluate(loadFromEverywhere)).toEqual({ worker: 'fetched', serviceWorker: 'fetched' });
    const wanted = ['image', 'socket', 'worker', 'service-worker', 'beacon', 'download'];
    await until('all of them', async () => {
      const seen = await requests();
      return wanted.every((path) => seen.some((request) => request.endsWith(`/${path}`)));
    });
    await tab.close();
  });

  test('what a direct page hints at of a routed site opens nothing and asks for no name', async () => {
    const tab = await bench.firefox.tab();
    await tab.goto(bench.url('three.example'));
    expect(await tab.evaluate(loadFromEverywhere)).toMatchObject({ worker: 'fetched' });
    await tab.close();
  });

  test('a rule for one container counts there and nowhere else', async () => {
    const { cookieStoreId: id, tab } = await bench.firefox.containerTab();
    const rule = {
      id: 'work',
      enabled: true,
      match: { kind: 'domain', text: 'two.example' },
      action: { kind: 'block' },
      scope: { kind: 'container', id, name: 'Work' },
    } as const;
    await ask(bench.popup, { name: 'rule.upsert', rule });
    expect(await bench.load('two.example', '/', async () => tab)).toMatch(STOPPED);
    expect(await bench.load('two.example')).toBe('direct');
    await ask(bench.popup, { name: 'rules.undo' });
  });

  test('a private window has the same routes', async () => {
    const tab = await bench.firefox.privateTab();
    expect(await bench.load('one.example', '/private', async () => tab)).toBe('through the exit as u');
    expect(await requests()).toContain('one.example/private');
  });

  test('WebRTC finds no address of this machine on a direct page', async () => {
    const tab = await bench.firefox.tab();
    await tab.goto(bench.url('three.example'));
    const candidates = await tab.evaluate(iceCandidates);
    await tab.close();
    expect(candidates).toEqual([]);
  });

  test('a call over a relay that speaks TCP works on a direct page; on a routed one Firefox makes none', async () => {
    const { direct } = await bench.place.startRelay('relay.one.example');
    const routed = await bench.firefox.tab();
    const [, otherAddress] = SERVERS.turn;
    await routed.goto(callingPage('one.example', otherAddress));
    // It waits for ever, and longer than the other one takes; so what it has done is looked at after that.
    const never = routed.evaluate(relayedCall).then(
      () => 'a call',
      () => 'none',
    );
    const tab = await bench.firefox.tab();
    await tab.goto(direct);
    expect(await tab.evaluate(relayedCall)).toEqual({
      heard: 'hello, I hear you',
      candidates: ['relay'],
      protocol: 'tcp',
    });
    await routed.close();
    await tab.close();
    expect(await never).toBe('none');
    expect(await bench.place.packets(`host ${otherAddress}`)).toEqual([]);
  });

  test('a call over a relay that is blocked reaches nobody and asks no name', async () => {
    const match = { kind: 'host', text: TURN_NAME } as const;
    const rule = { id: 'relay', enabled: true, match, action: { kind: 'block' } } as const;
    await ask(bench.popup, { name: 'rule.upsert', rule });
    const tab = await bench.firefox.tab();
    await tab.goto(callingPage('three.example', TURN_NAME));
    expect(await tab.evaluate(relayedCall)).toMatchObject({ heard: null, candidates: [] });
    expect(bench.place.lab.questions.map(({ name }) => name)).not.toContain(TURN_NAME);
    await tab.close();
    await ask(bench.popup, { name: 'rules.undo' });
  });
});

describe('credentials', () => {
  test('a new tunnel on the same port gets a connection of its own at once, whatever is still open', async () => {
    const tab = await bench.firefox.tab();
    await tab.goto(bench.url('one.example', '/kept-alive'));
    await bench.exit.rename('second');
    bench.host('up');
    await until('the new credentials', async () => {
      await tab.goto(bench.url('one.example', '/again'));
      return (await tab.locator('body').textContent()) === 'through the exit as second';
    });
    await tab.close();
    expect((await bench.exit.seen()).refused).toBe(0);
    await bench.exit.rename('u');
    bench.host('up');
    await until('the first again', async () => (await bench.load('one.example')) === 'through the exit as u');
  });

  test('wrong ones end in an error after a few tries: no prompt, no loop, not direct', async () => {
    await bench.exit.set({ password: 'changed' });
    expect(await bench.load('fresh.one.example')).toMatch(/^NS_ERROR_/);
    const { refused } = await bench.exit.seen();
    expect(refused).toBeGreaterThan(0);
    expect(refused).toBeLessThan(20);
    await bench.exit.set({ password: 'p' });
  });
});

describe('the self-test', () => {
  const restart = (...capabilities: string[]) => {
    bench.place.capabilities = capabilities;
    bench.host('up');
    bench.killHost();
  };
  const tested = () => ask(bench.popup, { name: 'selfTest' });

  test('a request of its own arrives at the exit and asks no name; WebRTC offers nothing: diagnostics says so, and what the host says of the address', async () => {
    restart('self-test');
    await until('it arrives', async () => (await requests()).includes(`${SELF_TEST_HOST}/`));
    await bench.state('protected');
    const page = await bench.firefox.open(`${PAGE_PATH}#/diagnostics`);
    for (const name of ['Self-test: route', 'Self-test: names (DNS)', 'Self-test: WebRTC'])
      await by(page, 'diagnosticsRow', { 'data-key': name, 'data-ok': 'true' }).waitFor();
    // The third part is the host's: what address the exit is seen under, asked from inside the tunnel.
    await by(page, 'diagnosticsRow', { 'data-key': 'exitAddress', 'data-ok': 'true' }).first().waitFor();
    await page.close();
    expect(bench.place.lab.questions.map(({ name }) => name)).not.toContain(SELF_TEST_HOST);
  });

  test('one that somebody else answers is said, and nothing says protected until ours does again', async () => {
    await bench.exit.set({ selfTest: 'somebody else' });
    await tested();
    expect((await view(bench.popup)).protection).toMatchObject({ state: 'off', why: 'astray' });
    await by(bench.popup, 'errorScreen', { 'data-code': 'proxy_astray' }).waitFor();
    await bench.exit.set({ selfTest: 'u' });
    await tested();
    await bench.state('protected');
    restart();
    await until('a host without it', async () => (await view(bench.popup)).selfTest.status === 'untested');
    await bench.state('protected');
  });
});

describe('when something dies', () => {
  test('a failed exit blocks its sites, and heals the tab by itself', async () => {
    bench.host('failed');
    await bench.state('blocked');
    const tab = await bench.firefox.tab();
    await tab.goto(bench.url('one.example', '/healing')).catch(() => {});
    expect(await bench.load('three.example')).toBe('direct');
    bench.host('up');
    await bench.state('protected');
    await until('the tab has healed', async () => (await requests()).includes('one.example/healing'));
    await tab.close();
  });

  test('a listener that throws blocks everything, direct sites too', async () => {
    await bench.popup.evaluate(async () => {
      const background = (await chrome.runtime.getBackgroundPage()) as unknown as { URL: unknown; kept: unknown };
      background.kept = background.URL;
      background.URL = function broken() {
        throw new Error('broken on purpose');
      };
    });
    expect(await bench.load('one.example')).toMatch(/^NS_ERROR_|^our page$/);
    expect(await bench.load('three.example')).toMatch(/^NS_ERROR_/);
    await bench.popup.evaluate(async () => {
      const background = (await chrome.runtime.getBackgroundPage()) as unknown as { URL: unknown; kept: unknown };
      background.URL = background.kept;
    });
    expect(await bench.load('three.example')).toBe('direct');
  });

  test('whatever wrong word a listener of ours said, the floor below it would block everything', async () => {
    const wrong = [
      '() => { throw new Error("broken") }',
      '() => Promise.reject(new Error("broken"))',
      '() => undefined',
      '() => "DIRECT"',
      '() => []',
      '() => [{ type: "bogus", host: "127.0.0.1", port: 1 }]',
    ];
    for (const answer of wrong) {
      await bench.sabotage(answer);
      expect(await bench.load('three.example'), answer).toMatch(STOPPED);
    }
    // Reloaded by the extension, which takes it for one that failed before its exit was up: any word but one.
    expect(await bench.load('one.example')).not.toBe('direct');
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
    expect(await bench.load('three.example')).toMatch(STOPPED);
    await bench.popup.close();
    await bench.firefox.inside(SLEEP);
    // What was planted is gone: this is a new life. It starts with dead routes, since its host is new as well.
    await until('it is routed', async () => (await bench.load('one.example')) === 'through the exit as u');
    await bench.openPopup();
  });

  test('a killed host leaves routed sites blocked until a new one is up', async () => {
    bench.host('broken');
    bench.killHost();
    await until('the popup says so', async () => (await view(bench.popup)).protection.state !== 'protected');
    expect(await bench.load('one.example')).toMatch(STOPPED);
    expect(await bench.load('three.example')).toBe('direct');
    bench.host('up');
    await bench.state('protected');
    expect(await bench.load('one.example')).toBe('through the exit as u');
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
  });

  test('after a restart, with a routed page on the command line: blocked first, then up, and never direct', async () => {
    bench.host('broken');
    await bench.firefox.close();
    await bench.launch(bench.url('one.example', '/from-the-command-line'));
    expect(await bench.load('one.example')).toMatch(STOPPED);
    await bench.openPopup();
    bench.host('up');
    await bench.state('protected');
    expect(await bench.load('one.example')).toBe('through the exit as u');
    // Or it would heal while the next test's rival holds the settings, and Firefox would ask for its HTTPS record.
    await until('that page has healed', async () =>
      (await bench.exit.seen()).requests.includes('one.example/from-the-command-line'),
    );
  });

  test('another extension that takes the proxy settings: said at once, and mended when it goes', async () => {
    const other = await bench.installRival('browser.proxy.settings.set({ value: { proxyType: "none" } });');
    await until('the conflict is known', async () => /conflict|exposed/.test((await view(bench.popup)).protection.why));
    expect((await view(bench.popup)).protection.state).toBe('off');
    await by(bench.popup, 'errorScreen').waitFor();
    await bench.firefox.uninstall(other);
    await until('it is over', async () => (await view(bench.popup)).protection.state === 'protected');
    expect(await bench.load('one.example')).toBe('through the exit as u');
  });

  test.each([
    ['overrules ours with null, which means direct', 'null'],
    ['takes every request to a proxy of its own', `({ type: 'http', host: '127.0.0.1', port: RIVAL })`],
  ])('a rival that %s: routed requests are stopped, and nothing says protected', async (_what, answer) => {
    const port = String(bench.exit.rivalPort);
    const rival = await bench.installRival(
      `browser.proxy.onRequest.addListener(() => ${answer.replace('RIVAL', port)}, { urls: ['<all_urls>'] });`,
    );
    expect(await bench.load('one.example')).toMatch(/^NS_ERROR_|^our page$/);
    expect(await bench.load('three.example')).toBe(answer === 'null' ? 'direct' : 'by the rival');
    await until('the conflict is known', async () => /conflict|exposed/.test((await view(bench.popup)).protection.why));
    await bench.firefox.uninstall(rival);
    await by(bench.popup, 'errorRetry').click();
    await bench.state('protected');
    expect(await bench.load('one.example')).toBe('through the exit as u');
  });

  test('another extension that lets WebRTC around the proxy: said at once, and mended when it goes', async () => {
    const other = await bench.installRival('browser.privacy.network.webRTCIPHandlingPolicy.set({ value: "default" });');
    await until('the conflict is known', async () => /conflict|exposed/.test((await view(bench.popup)).protection.why));
    await bench.firefox.uninstall(other);
    await until('it is over', async () => (await view(bench.popup)).protection.state === 'protected');
  });

  test('an update of the extension: never direct in between, and protected again by itself', async () => {
    const loads: string[] = [];
    const updated = bench.update('0.1.1').then(() => true);
    while (!(await Promise.race([updated, nothingYet()]))) loads.push(await bench.load('one.example'));
    await bench.openPopup();
    await bench.state('protected');
    expect(await bench.popup.evaluate(() => chrome.runtime.getManifest().version)).toBe('0.1.1');
    expect(await bench.load('one.example')).toBe('through the exit as u');
    expect(loads).not.toContain('direct');
  });

  test('switched off in about:addons it lets its host go; switched on it protects by itself, never direct first', async () => {
    const pid = bench.place.hostPid;
    await bench.setEnabled(false);
    await until('the host has ended', () => !existsSync(`/proc/${pid}`));
    await bench.setEnabled(true);
    expect(await bench.load('one.example')).not.toBe('direct');
    await bench.openPopup();
    await bench.state('protected');
    expect(await bench.load('one.example')).toBe('through the exit as u');
  });

  test('nothing of a routed site, and nothing of WebRTC, was on the wire in all that', async () => {
    expect(await bench.place.strayPackets()).toEqual([]);
  });

  test('switched off, the browser is as it was', async () => {
    await by(bench.popup, 'connectSwitch').click();
    await bench.state('off');
    expect(await bench.load('two.example')).toBe('direct');
    const left = await bench.popup.evaluate(async () => {
      const proxy = await chrome.proxy.settings.get({});
      const webrtc = await chrome.privacy.network.webRTCIPHandlingPolicy.get({});
      return [proxy.levelOfControl, webrtc.levelOfControl];
    });
    expect(left).toEqual(['controllable_by_this_extension', 'controllable_by_this_extension']);
  });
});

/** Lets a page load begin, but is no answer. */
const nothingYet = () => Promise.resolve(false);
