/**
 * A real Firefox with the extension installed and connected, ready to be mistreated. The native host is
 * the one of the screenshots and the exit a SOCKS5 proxy that answers every page itself: what is asked
 * here is what the browser does, and tunnels are tested elsewhere.
 */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build, type Plugin } from 'vite';
import { GECKO_ID, PAGE_PATH, POPUP_PATH } from '../../manifest/extension.ts';
import { writeNativeManifests } from '../../manifest/native-messaging.ts';
import { type InstalledFirefox, installFirefox } from '../e2e/installed-firefox.ts';
import { writeScenario } from '../e2e/shots-host.ts';
import { EMPTY, NODES, PROTECTED } from '../e2e/shots-scenes.ts';
import { addRule, by, PASSWORD } from '../e2e/ui.ts';
import { until } from '../e2e/wait.ts';
import { SocksExit } from '../fakes/socks-exit.ts';
import type { Page } from '../lab/browser.ts';

type Launched = Awaited<ReturnType<InstalledFirefox['launch']>>;

/** The built extension, but that a test may put another function in place of its listener. */
const LISTENER = 'browser.proxy.onRequest.addListener(answer';
const SABOTAGE: Plugin = {
  name: 'sabotage',
  enforce: 'pre',
  transform: (code) =>
    code.includes(LISTENER)
      ? code.replace('addListener(answer', 'addListener(((request) => (globalThis.sabotage ?? answer)(request))')
      : null,
};

export class FirefoxBench {
  readonly exit = new SocksExit();
  /** Hosts of requests that came to a site by themselves, without the exit. */
  direct: string[] = [];
  firefox!: Launched;
  popup!: Page;
  readonly #work = mkdtempSync(join(tmpdir(), 'warren-firefox-'));
  readonly #scenario = join(this.#work, 'scenario.json');
  readonly #sites: Server;
  #installed!: InstalledFirefox;

  constructor() {
    this.#sites = createServer((request, response) => {
      this.direct.push(request.headers.host?.split(':')[0] ?? '');
      const headers = { 'content-type': 'text/html', 'cache-control': 'no-store', connection: 'close' };
      response.writeHead(200, headers).end('<title>direct</title>direct');
    });
  }

  /** Connected: DE as the exit, `one.example` through it, `no.example` blocked, everything else direct. */
  async up({ privateWindows }: { readonly privateWindows: boolean }): Promise<void> {
    process.env.BROWSER_TARGET = 'firefox';
    const dist = join(this.#work, 'dist');
    await build({
      configFile: resolve('vite.config.ts'),
      logLevel: 'error',
      build: { outDir: dist },
      plugins: [SABOTAGE],
    });
    await new Promise<void>((done) => this.#sites.listen(0, '127.0.0.1', done));
    await this.exit.listen();
    this.#installed = await installFirefox(dist, this.#work, privateWindows);
    await this.#installHost();
    this.host('up');
    await this.launch();
    await this.#setUp();
  }

  async launch(...args: readonly string[]): Promise<void> {
    this.firefox = await this.#installed.launch(...args);
  }

  async down(): Promise<void> {
    await this.firefox?.close();
    this.exit.close();
    this.#sites.closeAllConnections();
    this.#sites.close();
    rmSync(this.#work, { recursive: true, force: true });
  }

  /** What the native host says from now on; `broken`: nothing that can be read. */
  host(state: 'up' | 'failed' | 'broken'): void {
    if (state === 'broken') {
      writeFileSync(this.#scenario, '{"broken":');
      return;
    }
    const exits = PROTECTED.exits
      .filter((exit) => exit.node?.country === 'DE')
      .map((exit) =>
        state === 'up' ? { ...exit, proxy: this.exit.proxy } : { ...exit, phase: 'failed' as const, proxy: null },
      );
    writeScenario(this.#scenario, { ...EMPTY, exits });
  }

  /** Puts a function (its text) in place of the listener of `proxy.onRequest`, in this life of the background; `null`: none. */
  async sabotage(text: string): Promise<void> {
    const plant = `chrome.runtime.getBackgroundPage().then((page) => { page.sabotage = (${text}) ?? undefined; })`;
    await this.popup.evaluate(new Function(`return ${plant}`) as () => Promise<void>);
  }

  /** Resolves when the background has changed its picture that many times: whatever follows from a change has begun. */
  views(count: number): Promise<void> {
    const wait = (left: number): Promise<void> =>
      new Promise((resolve) => {
        const port = chrome.runtime.connect({ name: 'ui' });
        port.onMessage.addListener(() => {
          if (--left > 0) return;
          port.disconnect();
          resolve();
        });
      });
    return this.popup.evaluate(new Function(`return (${wait})(${count})`) as () => Promise<void>);
  }

  /** A second proxy extension, whose background is that script. Resolves with its id. */
  async installRival(script: string): Promise<string> {
    const folder = join(this.#work, 'rival');
    mkdirSync(folder, { recursive: true });
    const manifest = {
      manifest_version: 2,
      name: 'Rival',
      version: '1',
      permissions: ['proxy', '<all_urls>'],
      background: { scripts: ['background.js'] },
    };
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
    writeFileSync(join(folder, 'background.js'), script);
    return this.firefox.install({ type: 'path', path: folder, privateWindows: true });
  }

  killHost(): void {
    process.kill(Number(readFileSync(join(this.#work, 'pid'), 'utf8')), 'SIGKILL');
  }

  async openPopup(): Promise<void> {
    this.popup = await this.firefox.open(POPUP_PATH);
  }

  /** Resolves when the popup says that word. A host that was lost is asked for again, as a person would. */
  async state(name: string): Promise<void> {
    await until(`the state ${name}`, async () => {
      const retry = by(this.popup, 'errorRetry');
      if (name === 'protected' && (await retry.count()) > 0) await retry.click({ timeout: 1_000 }).catch(() => {});
      return (await by(this.popup, 'stateText').getAttribute('data-state', { timeout: 500 })) === name;
    });
  }

  url(site: string, path = '/'): string {
    return `http://${site}:${(this.#sites.address() as AddressInfo).port}${path}`;
  }

  /** The page's text, or Firefox's error. */
  async load(site: string, path?: string, open: () => Promise<Page> = () => this.firefox.tab()): Promise<string> {
    const tab = await open();
    try {
      await tab.goto(this.url(site, path), { timeout: 10_000 });
      return (await tab.locator('body').textContent()) ?? '';
    } catch (error) {
      return /NS_ERROR_\w+/.exec(String(error))?.[0] ?? String(error);
    } finally {
      await tab.close();
    }
  }

  async #installHost(): Promise<void> {
    const wrapper = join(this.#work, 'host.sh');
    const host = [process.execPath, resolve('tests/e2e/shots-host.ts'), this.#scenario];
    const exec = host.map((word) => `'${word}'`).join(' ');
    writeFileSync(wrapper, `#!/bin/sh\necho $$ > '${join(this.#work, 'pid')}'\nexec ${exec}\n`);
    chmodSync(wrapper, 0o755);
    const { nativeMessagingDir: dir } = this.#installed;
    await writeNativeManifests({ dir, hostPath: wrapper, browser: 'firefox', extensionId: GECKO_ID });
  }

  async #setUp(): Promise<void> {
    const setup = await this.firefox.open(`${PAGE_PATH}#/setup`);
    await by(setup, 'setupCreate').click();
    await by(setup, 'passwordNew').fill(PASSWORD);
    await by(setup, 'passwordRepeat').fill(PASSWORD);
    await by(setup, 'passwordSubmit').click();
    await by(setup, 'seedReveal').waitFor();
    await setup.close();
    const rules = await this.firefox.open(`${PAGE_PATH}#/rules`);
    await addRule(rules, 'one.example', `node:${NODES[0]?.did}`);
    await addRule(rules, 'no.example', 'block');
    await by(rules, 'otherwise').selectOption('direct');
    await rules.close();
    await this.openPopup();
    await by(this.popup, 'tabNodes').click();
    await by(by(this.popup, 'nodeRow', { 'data-key': NODES[0]?.did ?? '' }), 'nodeSetDefault').click();
    await by(this.popup, 'tabConnect').click();
    await by(this.popup, 'connectSwitch').click();
    await this.state('protected');
  }
}
