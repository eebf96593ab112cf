/** Chromium's own ways around a proxy (each measured), tried on the built extension, installed in a real Chromium. */
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { PICTURE_KEY } from '../../extension/messages.ts';
import { DRAWING_KEY } from '../../extension/ui/popup/drawing.ts';
import { ask, by, view } from '../e2e/ui.ts';
import { until } from '../e2e/wait.ts';
import { iceCandidates } from '../lab/ice-candidates.ts';
import { relayedCall } from '../lab/relayed-call.ts';
import { ChromiumBench } from './chromium-bench.ts';
import { loadFromEverywhere } from './page-loads.ts';

const REFUSED = 'net::ERR_PROXY_CONNECTION_FAILED';
const OURS = 'through the exit as u';

const bench = new ChromiumBench();

beforeAll(() => bench.up());
afterAll(() => bench.down());
// Over everything since the start: what comes late is found by the next one.
afterEach(() => expect(bench.place.leaks()).toEqual([]));

const requests = async () => (await bench.exit.seen()).requests;

describe('routes', () => {
  test('a routed site goes through the exit with credentials and no prompt, over TLS too; others go direct', async () => {
    expect(await bench.load('http://www.one.example/')).toBe(OURS);
    expect(await bench.load('https://one.example/')).toBe(OURS);
    expect(await bench.load('http://three.example/')).toBe('direct');
    const { refused, hosts } = await bench.exit.seen();
    expect(hosts).toEqual(expect.arrayContaining(['www.one.example', 'one.example']));
    // Chromium asks once without credentials: a proxy that let that pass would be open to every program.
    expect(refused).toBeGreaterThan(0);
  });

  test('a host with the trailing dot of the root is the same site', async () => {
    expect(await bench.load('http://one.example./')).toBe(OURS);
  });

  test('a blocked site does not load', async () => {
    expect(await bench.load('http://no.example/')).toBe(REFUSED);
    expect(await bench.load('https://no.example/')).toBe(REFUSED);
  });

  test('whatever a routed page loads, hints at, downloads or asks from a worker goes through the exit', async () => {
    const tab = await bench.context.newPage();
    await tab.goto('https://one.example/');
    expect(await tab.evaluate(loadFromEverywhere)).toEqual({ worker: 'fetched', serviceWorker: 'fetched' });
    const wanted = ['image', 'socket', 'worker', 'service-worker', 'beacon', 'download'];
    await until('all of them', async () => {
      const seen = await requests();
      return wanted.every((path) => seen.some((request) => request.endsWith(`/${path}`)));
    });
    await tab.close();
  });

  test('what a direct page hints at of a routed site opens nothing and asks for no name', async () => {
    const tab = await bench.context.newPage();
    await tab.goto('https://three.example/');
    expect(await tab.evaluate(loadFromEverywhere)).toMatchObject({ worker: 'fetched' });
    await tab.close();
  });

  test.each(['http://three.example/', 'http://one.example/'])('WebRTC finds no address on %s', async (url) => {
    const tab = await bench.context.newPage();
    await tab.goto(url);
    expect(await tab.evaluate(iceCandidates)).toEqual([]);
    await tab.close();
  });

  test('a call over a relay that speaks TCP works: on a routed page through the exit, on a direct one beside it', async () => {
    const relayed = { heard: 'hello, I hear you', candidates: ['relay'], protocol: 'tcp' };
    // Not below a site of which no name may be asked: see the end.
    const relay = 'relay.two.example';
    const page = await bench.openPopup();
    const match = { kind: 'host', text: relay } as const;
    const rule = { id: 'relay', enabled: true, match, action: { kind: 'default' } } as const;
    await ask(page, { name: 'rule.upsert', rule });
    // The next test finds its rules, however this one ends.
    onTestFinished(async () => void (await ask(page, { name: 'rules.undo' })));
    const pages = await bench.place.startRelay(relay);
    const tab = await bench.context.newPage();
    await tab.goto(pages.routed);
    expect(await tab.evaluate(relayedCall)).toEqual(relayed);
    expect((await bench.exit.seen()).hosts).toContain(relay);
    await tab.goto(pages.direct);
    expect(await tab.evaluate(relayedCall)).toEqual(relayed);
    await tab.close();
    // What no extension can mend: Chromium asks for the relay's name beside the proxy, although it does not need the answer.
    expect(bench.place.lab.questions.map(({ name }) => name)).toContain(relay);
  });

  test('rules are reordered by dragging, and the change is undone', async () => {
    const page = await bench.open('ui/page/index.html#/rules');
    const order = async () =>
      (await ask(page, { name: 'table' })) as { table: { rules: { match: { text: string } }[] } };
    const texts = async () => (await order()).table.rules.map(({ match }) => match.text);
    expect(await texts()).toEqual(['no.example', 'one.example']);
    const rows = page.locator('[data-testid="rule-row"]');
    await rows.nth(1).dragTo(rows.nth(0));
    await until('the new order', async () => (await texts())[0] === 'one.example');
    await by(page, 'ruleUndo').click();
    await until('the old order', async () => (await texts())[0] === 'no.example');
    await bench.openPopup();
  });
});

describe('the exit', () => {
  // A test that failed midway leaves the next ones a sound exit.
  afterEach(() => bench.exit.set({ mode: 'serve', password: 'p' }));

  test.each(['refuse', 'reset'] as const)('that is there but serves nothing (%s) ends in an error', async (mode) => {
    await bench.exit.set({ mode });
    expect(await bench.load(`https://${mode}.one.example/`)).toMatch(/^net::ERR_/);
    // Over plain HTTP Chromium shows what the proxy says, as it would a site's page.
    expect(await bench.load(`http://${mode}.one.example/`)).toMatch(/^(502$|net::ERR_)/);
    await bench.exit.set({ mode: 'serve' });
    expect(await bench.load(`https://${mode}.one.example/`)).toBe(OURS);
  });

  test('wrong credentials end in an error after a few tries: no prompt, no loop, not direct', async () => {
    await bench.exit.set({ password: 'changed' });
    const before = (await bench.exit.seen()).refused;
    expect(await bench.load('https://fresh.one.example/')).toMatch(/^net::ERR_/);
    expect(await bench.load('http://fresh.one.example/')).toMatch(/^(407$|net::ERR_)/);
    const tries = (await bench.exit.seen()).refused - before;
    expect(tries).toBeGreaterThan(0);
    expect(tries).toBeLessThan(20);
    await bench.exit.set({ password: 'p' });
    expect(await bench.load('https://fresh.one.example/')).toBe(OURS);
  });

  test('that fails blocks its sites, also through a new tab, and heals the tab by itself', async () => {
    bench.place.host('failed');
    await bench.state('blocked');
    const tab = await bench.context.newPage();
    await expect(tab.goto('http://one.example/healing')).rejects.toThrow('ERR_PROXY_CONNECTION_FAILED');
    expect(await bench.load('http://three.example/')).toBe('direct');
    bench.place.host('up');
    await bench.state('protected');
    await until('it has healed', async () => (await tab.title()) === 'exit');
    await tab.close();
    expect((await requests()).filter((site) => site.endsWith('/healing'))).toHaveLength(1);
  });
});

describe('the proxy script', () => {
  const put = async (data: string) =>
    (await bench.worker()).evaluate(
      (text) =>
        chrome.proxy.settings.set({ value: { mode: 'pac_script', pacScript: { data: text, mandatory: true } } }),
      data,
    );
  const saying = (answer: string) => put(`function FindProxyForURL() { return ${answer}; }`);

  test('is mandatory, and asks no name', async () => {
    const { value } = await (await bench.worker()).evaluate(() => chrome.proxy.settings.get({}));
    expect(value).toMatchObject({ mode: 'pac_script', pacScript: { mandatory: true } });
    expect(value.pacScript?.data).not.toMatch(/dnsResolve|isResolvable|isInNet|myIpAddress/);
  });

  test.each(['"', 'throw 1', 'function FindProxyForURL() { throw new Error("broken"); }'])(
    'that is broken (%j) blocks everything',
    async (text) => {
      await put(text);
      await until('it holds', async () => (await bench.load('http://three.example/')) !== 'direct');
      expect(await bench.load('https://one.example/')).toMatch(/^net::ERR_/);
    },
  );

  test('that says nothing blocks everything; words that Chromium takes for DIRECT are none of ours', async () => {
    await saying('null');
    await until('it holds', async () => (await bench.load('http://three.example/')).startsWith('net::ERR_MANDATORY'));
    for (const answer of ['""', '"PROXY"', '"BLOCK"', '"BOGUS 1.2.3.4:5"']) {
      await saying(answer);
      await until(`${answer} means direct`, async () => (await bench.load('http://three.example/')) === 'direct');
    }
    await ask(bench.popup, { name: 'proxy.retry' });
    await until('ours is back', async () => (await bench.load('https://one.example/back')) === OURS);
  });
});

describe('when something dies', () => {
  test('a background that was stopped is woken, routed sites stay blocked until its new host is up', async () => {
    await bench.stopWorkers();
    expect(await bench.load('http://one.example/asleep')).not.toBe('direct');
    await bench.openPopup();
    await bench.state('protected');
    expect(await bench.load('http://one.example/')).toBe(OURS);
  });

  test('a killed host leaves routed sites blocked until a new one is up', async () => {
    bench.place.host('broken');
    bench.place.killHost();
    await until('the popup says so', async () => (await view(bench.popup)).protection.state !== 'protected');
    for (const scheme of ['http', 'https']) expect(await bench.load(`${scheme}://one.example/`)).toBe(REFUSED);
    bench.place.host('up');
    await bench.state('protected');
    expect(await bench.load('http://one.example/')).toBe(OURS);
  });

  test('after a restart, with a routed page on the command line: blocked first, then up, and never direct', async () => {
    bench.place.host('broken');
    await bench.context.close();
    await bench.launch(bench.writeRival(), 'http://one.example/from-the-command-line');
    expect(await bench.load('http://one.example/')).toMatch(/^net::ERR_/);
    await bench.openPopup();
    bench.place.host('up');
    await bench.state('protected');
    expect(await bench.load('http://one.example/')).toBe(OURS);
    await until('that page has healed', async () => (await requests()).includes('one.example/from-the-command-line'));
  });
});

describe('the user and other extensions', () => {
  const version = () => bench.popup.evaluate(() => chrome.runtime.getManifest().version);
  const rival = async (play: () => Promise<void>) => (await bench.worker('other')).evaluate(play);
  const conflict = () =>
    until('the conflict is known', async () => {
      const { protection } = await view(bench.popup);
      return (protection.why === 'conflict' || protection.why === 'exposed') && protection.state === 'off';
    });
  const over = () => until('it is over', async () => (await view(bench.popup)).protection.state === 'protected');

  test('another extension that takes the proxy: nothing says protected, and it is mended when it goes', async () => {
    await rival(() => chrome.proxy.settings.set({ value: { mode: 'direct' } }));
    await conflict();
    await by(bench.popup, 'errorScreen').waitFor();
    const badge = async () => (await bench.worker()).evaluate(() => chrome.action.getBadgeText({}));
    await until('the badge says so', async () => (await badge()) === '!');
    await rival(() => chrome.proxy.settings.clear({}));
    await over();
    expect(await bench.load('https://one.example/')).toBe(OURS);
  });

  test.each([
    [
      'WebRTC',
      () => chrome.privacy.network.webRTCIPHandlingPolicy.set({ value: 'default' as chrome.privacy.IPHandlingPolicy }),
    ],
    ['prediction', () => chrome.privacy.network.networkPredictionEnabled.set({ value: true })],
  ] as const)('another extension that lets %s around the proxy: the same', async (_what, play) => {
    await rival(play as () => Promise<void>);
    await conflict();
    await rival(async () => {
      await chrome.privacy.network.webRTCIPHandlingPolicy.clear({});
      await chrome.privacy.network.networkPredictionEnabled.clear({});
    });
    await over();
  });

  test('private windows, once the user lets Warren in, have the same routes', async () => {
    await bench.manage(
      'chrome.developerPrivate.updateExtensionConfiguration({ extensionId: id, incognitoAccess: true })',
    );
    await bench.openPopup();
    await bench.state('protected');
    const openPrivate = async (url: string) =>
      (await bench.worker()).evaluate(
        (address) => chrome.windows.create({ incognito: true, url: address }).then(() => undefined),
        url,
      );
    await openPrivate('http://one.example/private');
    await until('it came through the exit', async () => (await requests()).includes('one.example/private'));
    bench.place.host('failed');
    await bench.state('blocked');
    await openPrivate('http://one.example/private-blocked');
    await openPrivate('http://three.example/private-direct');
    await until('others go direct', () => bench.place.lab.visits.some(({ path }) => path === '/private-direct'));
    expect(await requests()).not.toContain('one.example/private-blocked');
    bench.place.host('up');
    await bench.state('protected');
  });

  test('an update waits while routes are in use; the restart that brings it leaves nothing open', async () => {
    await bench.publish('0.1.1');
    const { status } = await (await bench.worker()).evaluate(() => chrome.runtime.requestUpdateCheck());
    expect(status).toBe('update_available');
    await bench.fetched('0.1.1');
    for (let i = 0; i < 5; i++) expect(await bench.load('http://one.example/')).toBe(OURS);
    expect(await version()).toBe('0.1.0');
    await bench.context.close();
    await bench.launch('http://one.example/after-the-update');
    for (let i = 0; i < 5; i++) expect(await bench.load('http://one.example/')).not.toBe('direct');
    await bench.openPopup();
    await bench.state('protected');
    expect(await version()).toBe('0.1.1');
    expect(await bench.load('https://one.example/')).toBe(OURS);
  });

  test('nothing of a routed site, and nothing of WebRTC, was on the wire in all that', async () => {
    expect(await bench.place.strayPackets()).toEqual([]);
  });

  test('switched off, the browser is as it was', async () => {
    await by(bench.popup, 'connectSwitch').click();
    await bench.state('off');
    expect(await bench.load('http://two.example/')).toBe('direct');
    const left = await (await bench.worker()).evaluate(async () => {
      const proxyNow = await chrome.proxy.settings.get({});
      const webrtc = await chrome.privacy.network.webRTCIPHandlingPolicy.get({});
      return [proxyNow.levelOfControl, webrtc.levelOfControl];
    });
    expect(left).toEqual(['controllable_by_this_extension', 'controllable_by_this_extension']);
  });

  test('and the next popup opens with how it looked last, before it has the code to draw that', async () => {
    await until('what is seen is kept', () =>
      bench.popup.evaluate(
        async (keys) => keys.length === Object.keys(await chrome.storage.session.get(keys)).length,
        [PICTURE_KEY, DRAWING_KEY],
      ),
    );
    await bench.stopWorkers();
    await bench.popup.addInitScript(() => {
      new MutationObserver((_, observer) => {
        const place = document.getElementById('app');
        if (!place?.firstElementChild) return;
        observer.disconnect();
        const state = place.querySelector('[data-testid="state-text"]')?.getAttribute('data-state');
        Reflect.set(globalThis, 'firstSeen', { state, inert: place.inert });
      }).observe(document, { childList: true, subtree: true });
    });
    await bench.popup.reload();
    const first = () => bench.popup.evaluate(() => Reflect.get(globalThis, 'firstSeen'));
    expect(await until('something to see', first)).toEqual({ state: 'off', inert: true });
    await until('the background is awake', () => bench.context.serviceWorkers().length > 0);
    await by(bench.popup, 'tabNodes').click();
    expect(await by(bench.popup, 'tabNodes').getAttribute('aria-current')).toBe('page');
  });
});
