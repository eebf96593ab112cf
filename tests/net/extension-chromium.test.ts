/**
 * The built extension, installed in real Chromium: what its PAC and its credentials really do. The native host is
 * the one of the screenshots and the exit a small HTTP proxy; tunnels are tested elsewhere.
 */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { TEST } from '../../extension/ui/testids.ts';
import { PAGE_PATH, POPUP_PATH } from '../../manifest/extension.ts';
import { writeNativeManifests } from '../../manifest/native-messaging.ts';
import { type InstalledChromium, installChromium } from '../e2e/installed-chromium.ts';
import { writeScenario } from '../e2e/shots-host.ts';
import { EMPTY, NODES, PROTECTED } from '../e2e/shots-scenes.ts';
import { iceCandidates } from '../lab/ice-candidates.ts';

const PASSWORD = 'a quiet burrow';
const DE = NODES[0]?.payee ?? '';

const work = mkdtempSync(join(tmpdir(), 'warren-chromium-'));
const scenario = join(work, 'scenario.json');
const dist = join(work, 'dist');
let origin: Server;
let proxy: Server;
/** Hosts of requests that came to the site directly, hosts and paths of those through the proxy with credentials. */
let direct: string[] = [];
const proxied: string[] = [];
let refused = 0;
let installed: InstalledChromium;
let context: BrowserContext;
let popup: Page;

beforeAll(async () => {
  process.env.BROWSER_TARGET = 'chrome';
  await build({ configFile: resolve('vite.config.ts'), logLevel: 'error', build: { outDir: dist } });
  origin = createServer((request, response) => {
    direct.push(request.headers.host?.split(':')[0] ?? '');
    page(response, 'direct');
  });
  proxy = createServer((request, response) => {
    if (!authorised(request)) {
      refused++;
      response.writeHead(407, { 'proxy-authenticate': 'Basic realm="warren"' }).end();
      return;
    }
    const { hostname, pathname } = new URL(request.url ?? '');
    proxied.push(hostname + pathname);
    page(response, 'through the exit');
  });
  await Promise.all([listen(origin), listen(proxy)]);
  installed = await installChromium(dist, work);
  await installHost();
  scene('up');
  context = await launch();
  await setUp();
}, 60_000);
afterAll(async () => {
  await context?.close();
  await Promise.all([close(origin), close(proxy)]);
  rmSync(work, { recursive: true, force: true });
});

function page(response: import('node:http').ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'text/html', connection: 'close' }).end(`<title>${text}</title>${text}`);
}

function authorised(request: IncomingMessage): boolean {
  return request.headers['proxy-authorization'] === `Basic ${Buffer.from('u:p').toString('base64')}`;
}

function scene(state: 'up' | 'failed'): void {
  const exits = PROTECTED.exits
    .filter((exit) => exit.node?.country === 'DE')
    .map((exit) =>
      state === 'up'
        ? { ...exit, proxy: { host: '127.0.0.1' as const, port: portOf(proxy), username: 'u', password: 'p' } }
        : { ...exit, phase: 'failed' as const, proxy: null },
    );
  writeScenario(scenario, { ...EMPTY, exits });
}

async function installHost(): Promise<void> {
  const wrapper = join(work, 'host.sh');
  const script = resolve('tests/e2e/shots-host.ts');
  writeFileSync(
    wrapper,
    `#!/bin/sh\necho $$ > '${join(work, 'pid')}'\nexec '${process.execPath}' '${script}' '${scenario}'\n`,
  );
  chmodSync(wrapper, 0o755);
  const { nativeMessagingDir: dir, extensionId } = installed;
  await writeNativeManifests({ dir, hostPath: wrapper, browser: 'chromium', extensionId });
}

function launch(): Promise<BrowserContext> {
  return installed.launch(`--host-resolver-rules=MAP *.example 127.0.0.1:${portOf(origin)}`);
}

/** The extension's own page, in a new tab each: installing an extension closes tabs that named it before. */
async function open(path: string): Promise<void> {
  const url = `chrome-extension://${installed.extensionId}/${path}`;
  const show = async () => {
    await popup?.close();
    popup = await context.newPage();
    await popup.goto(url);
  };
  await vi.waitFor(show, { timeout: 30_000, interval: 300 });
}

/** A wallet, DE as the exit, `one.example` through it, `no.example` blocked, everything else direct; connected. */
async function setUp(): Promise<void> {
  await open(`${PAGE_PATH}#/setup`);
  await popup.getByTestId(TEST.setupCreate).click();
  await popup.getByTestId(TEST.passwordNew).fill(PASSWORD);
  await popup.getByTestId(TEST.passwordRepeat).fill(PASSWORD);
  await popup.getByTestId(TEST.passwordSubmit).click();
  await popup.getByTestId(TEST.seedReveal).waitFor();
  await open(`${PAGE_PATH}#/rules`);
  for (const [text, action] of [
    ['one.example', `node:${NODES[0]?.did}`],
    ['no.example', 'block'],
  ] as const) {
    await popup.getByTestId(TEST.ruleAdd).click();
    await popup.getByTestId(TEST.ruleMatchText).fill(text);
    await popup.locator(`[data-testid=${TEST.ruleAction}] option[value="${action}"]`).waitFor({ state: 'attached' });
    await popup.getByTestId(TEST.ruleAction).selectOption(action);
    await popup.getByTestId(TEST.ruleSave).click();
    await popup.getByTestId(TEST.ruleRow).filter({ hasText: text }).waitFor();
  }
  await popup.getByTestId(TEST.otherwise).selectOption('direct');
  await open(POPUP_PATH);
  await popup.getByTestId(TEST.tabNodes).click();
  await popup.locator(`[data-key="${NODES[0]?.did}"]`).getByTestId(TEST.nodeSetDefault).click();
  await popup.getByTestId(TEST.tabConnect).click();
  await popup.getByTestId(TEST.connectSwitch).click();
  await state('protected');
}

function state(name: string): Promise<void> {
  return popup.locator(`[data-testid=${TEST.stateText}][data-state=${name}]`).waitFor({ timeout: 15_000 });
}

/** The page's text, or Chromium's error. A new tab each: a failed navigation spoils the next one. */
async function load(url: string): Promise<string> {
  const tab = await context.newPage();
  try {
    await tab.goto(url, { timeout: 10_000 });
    return (await tab.textContent('body')) ?? '';
  } catch (error) {
    return /net::\w+/.exec(String(error))?.[0] ?? String(error);
  } finally {
    await tab.close();
  }
}

describe('in a real Chromium', () => {
  test('a routed site goes through the exit with credentials and no prompt; others go direct', async () => {
    expect(await load('http://www.one.example/')).toBe('through the exit');
    expect(await load('http://three.example/')).toBe('direct');
    expect(proxied).toContain('www.one.example/');
    expect(direct).toEqual(expect.arrayContaining(['three.example']));
    expect(direct).not.toContain('www.one.example');
    expect(refused).toBeGreaterThan(0);
  });

  test('a host with the trailing dot of the root is the same site', async () => {
    expect(await load('http://one.example./')).toBe('through the exit');
  });

  test('a blocked site does not load', async () => {
    expect(await load('http://no.example/')).toBe('net::ERR_PROXY_CONNECTION_FAILED');
    expect(direct).not.toContain('no.example');
  });

  test('a failed exit blocks its sites, also through a new tab, and heals the tab by itself', async () => {
    scene('failed');
    await state('blocked');
    const tab = await context.newPage();
    await expect(tab.goto('http://one.example/healing')).rejects.toThrow('ERR_PROXY_CONNECTION_FAILED');
    expect(await load('http://three.example/')).toBe('direct');
    scene('up');
    await state('protected');
    await tab.waitForFunction(() => document.title === 'through the exit');
    await tab.close();
    expect(proxied.filter((site) => site.endsWith('/healing'))).toHaveLength(1);
    expect(direct).not.toContain('one.example');
  });

  test('a killed host leaves routed sites blocked until a new one is up', async () => {
    writeFileSync(scenario, '{"broken":');
    process.kill(Number(readFileSync(join(work, 'pid'), 'utf8')), 'SIGKILL');
    await popup.locator(`[data-testid=${TEST.stateText}][data-state=protected]`).waitFor({ state: 'detached' });
    expect(await load('http://one.example/')).toBe('net::ERR_PROXY_CONNECTION_FAILED');
    scene('up');
    await popup
      .getByTestId(TEST.errorRetry)
      .click({ timeout: 3_000 })
      .catch(() => {});
    await state('protected');
    expect(await load('http://one.example/')).toBe('through the exit');
    expect(direct).not.toContain('one.example');
  });

  test('WebRTC finds no address of this machine while protection is on', async () => {
    const tab = await context.newPage();
    await tab.goto('http://three.example/');
    const candidates = await tab.evaluate(iceCandidates);
    await tab.close();
    expect(candidates).toEqual([]);
  });

  test('after a restart of the browser routed sites are blocked first, then up, and never direct', async () => {
    writeFileSync(scenario, '{"broken":');
    await context.close();
    direct = [];
    context = await launch();
    expect(await load('http://one.example/')).toMatch(/^net::ERR_/);
    await open(POPUP_PATH);
    scene('up');
    await popup
      .getByTestId(TEST.errorRetry)
      .click({ timeout: 8_000 })
      .catch(() => {});
    await state('protected');
    expect(await load('http://one.example/')).toBe('through the exit');
    expect(direct).not.toContain('one.example');
  });

  test('switched off, the browser is as it was', async () => {
    await popup.getByTestId(TEST.connectSwitch).click();
    await state('off');
    expect(await load('http://one.example/')).toBe('direct');
    const left = await (context.serviceWorkers()[0] ?? (await context.waitForEvent('serviceworker'))).evaluate(
      async () => {
        const proxyNow = await chrome.proxy.settings.get({});
        const webrtc = await chrome.privacy.network.webRTCIPHandlingPolicy.get({});
        return [proxyNow.levelOfControl, webrtc.levelOfControl];
      },
    );
    expect(left).toEqual(['controllable_by_this_extension', 'controllable_by_this_extension']);
  });
});

test('the scene names the exit that the rule means', () => {
  expect(PROTECTED.exits.map(({ exitId }) => exitId)).toContain(`node:${DE}`);
});

function listen(server: Server): Promise<void> {
  return new Promise((done) => server.listen(0, '127.0.0.1', done));
}
function close(server: Server | undefined): Promise<void> {
  server?.closeAllConnections();
  return new Promise((done) => (server ? server.close(() => done()) : done()));
}
function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
