/**
 * A real Firefox with the extension installed and connected, ready to be mistreated: what is asked here is what the
 * browser does, and tunnels are tested elsewhere.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';
import { GECKO_ID, PAGE_PATH, POPUP_PATH } from '../../manifest/extension.ts';
import { type InstalledFirefox, installFirefox } from '../e2e/installed-firefox.ts';
import { by } from '../e2e/ui.ts';
import { until } from '../e2e/wait.ts';
import type { Page } from '../lab/browser.ts';
import { BrowserLab, connectFirst, wayOf } from './browser-lab.ts';
import type { LabExit } from './lab-exit.ts';

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

const OUR_PAGE = 'our page';
/** What a page says that was stopped: the dead port that Firefox met, or our page in its place, whichever is quicker. */
export const STOPPED = new RegExp(`^(NS_ERROR_PROXY_CONNECTION_REFUSED|${OUR_PAGE})$`);

export class FirefoxBench {
  firefox!: Launched;
  popup!: Page;
  place!: BrowserLab;
  #installed!: InstalledFirefox;
  /** The last page that came, for the next one: a tab costs half a second of a processor. */
  #tab: Page | null = null;

  get exit(): LabExit {
    return this.place.exit;
  }

  /** Connected, with the rules of `browser-lab.ts`. */
  async up({ privateWindows }: { readonly privateWindows: boolean }): Promise<void> {
    this.place = await BrowserLab.create();
    const dist = await this.place.build('firefox', [SABOTAGE]);
    const { work, home } = this.place;
    this.#installed = await installFirefox({ dist, work, namespace: home.host }, privateWindows);
    await this.place.installHost('firefox', this.#installed.nativeMessagingDir, GECKO_ID);
    await this.launch();
    await connectFirst((name) => this.#open(name));
    await this.state('protected');
  }

  async launch(...args: readonly string[]): Promise<void> {
    this.#tab = null;
    this.firefox = await this.#installed.launch(...args);
  }

  async down(): Promise<void> {
    await this.firefox?.close();
    await this.place?.close();
  }

  host(state: 'up' | 'failed' | 'broken'): void {
    this.place.host(state);
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
    const folder = join(this.place.work, 'rival');
    mkdirSync(folder, { recursive: true });
    const manifest = {
      manifest_version: 2,
      name: 'Rival',
      version: '1',
      permissions: ['proxy', 'privacy', '<all_urls>'],
      background: { scripts: ['background.js'] },
    };
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
    writeFileSync(join(folder, 'background.js'), script);
    return this.firefox.install({ type: 'path', path: folder, privateWindows: true });
  }

  /** The newer version of the extension over the one that runs. */
  async update(version: string): Promise<void> {
    const path = await this.#installed.pack(version);
    // The permission is there already. Given once more it would switch the add-on off and on, which no update does.
    await this.firefox.install({ type: 'archivePath', path, privateWindows: false });
  }

  /** As the switch in about:addons. */
  async setEnabled(on: boolean): Promise<void> {
    const addon = `await AddonManager.getAddonByID('${GECKO_ID}')`;
    await this.firefox.inside(`(async () => { await (${addon}).${on ? 'enable' : 'disable'}(); return true; })()`);
  }

  killHost(): void {
    this.place.killHost();
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
    return `http://${site}${path}`;
  }

  /** The page's text (`direct` for the site's own), or Firefox's error; where our page takes its place, that. */
  async load(site: string, path?: string, open?: () => Promise<Page>): Promise<string> {
    let tab: Page | null = open ? null : this.#tab;
    this.#tab = null;
    try {
      // An update or a stop of the extension may close the tab while it opens.
      tab ??= await (open ? open() : this.firefox.tab());
      await tab.goto(this.url(site, path), { timeout: 10_000 });
      if (await tab.evaluate(() => location.protocol === 'moz-extension:')) return OUR_PAGE;
      const way = wayOf((await tab.locator('body').textContent()) ?? '');
      if (!open) this.#tab = tab;
      return way;
    } catch (error) {
      // The browser's error was not even shown: ours was quicker.
      if (/NS_BINDING_ABORTED/.test(String(error))) return OUR_PAGE;
      return /NS_ERROR_\w+/.exec(String(error))?.[0] ?? String(error);
    } finally {
      if (tab !== this.#tab) await tab?.close();
    }
  }

  async #open(name: 'setup' | 'rules' | 'popup'): Promise<Page> {
    if (name === 'popup') {
      await this.openPopup();
      return this.popup;
    }
    return this.firefox.open(`${PAGE_PATH}#/${name}`);
  }
}
