/** A real Chromium with the extension installed and connected, ready to be mistreated. Tunnels are tested elsewhere. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContext, Page, Worker } from 'playwright-core';
import { EXTENSION_ID_CHROMIUM, PAGE_PATH, POPUP_PATH } from '../../manifest/extension.ts';
import { type InstalledChromium, installChromium } from '../e2e/installed-chromium.ts';
import { by } from '../e2e/ui.ts';
import { until } from '../e2e/wait.ts';
import { closeTabsSurely } from '../lab/chromium-tabs.ts';
import { BrowserLab, connectFirst, wayOf } from './browser-lab.ts';
import type { LabExit } from './lab-exit.ts';

export class ChromiumBench {
  place!: BrowserLab;
  context!: BrowserContext;
  popup!: Page;
  #installed!: InstalledChromium;
  /** The last page that came, for the next one: a tab costs more than half a second of a processor. */
  #tab: Page | null = null;
  /** The folder that a developer loads instead of installing it. */
  #unpacked: string | null = null;

  get exit(): LabExit {
    return this.place.exit;
  }

  get extensionId(): string {
    return this.#unpacked === null ? this.#installed.extensionId : EXTENSION_ID_CHROMIUM;
  }

  /**
   * Connected, with the rules of `browser-lab.ts`.
   * @param unpacked loaded from its folder: the switch in chrome://extensions works, but a restart forgets settings
   */
  async up({ unpacked = false } = {}): Promise<void> {
    this.place = await BrowserLab.create();
    const dist = await this.place.build('chrome');
    this.#unpacked = unpacked ? dist : null;
    this.#installed = await installChromium(dist, this.place.work, this.place.home.host, !unpacked);
    await this.place.installHost('chromium', this.#installed.nativeMessagingDir, this.extensionId);
    await this.launch();
    await connectFirst((name) => this.open(name === 'popup' ? POPUP_PATH : `${PAGE_PATH}#/${name}`));
    await this.state('protected');
  }

  async launch(...args: readonly string[]): Promise<void> {
    this.#tab = null;
    const trust = `--ignore-certificate-errors-spki-list=${this.place.lab.certificate.pin}`;
    const load = this.#unpacked === null ? [] : [`--load-extension=${this.#unpacked}`];
    this.context = await this.#installed.launch(trust, ...load, ...args);
    closeTabsSurely(this.context);
  }

  async down(): Promise<void> {
    await this.context?.close();
    await this.place?.close();
  }

  /** The extension's own page, in a new tab each: installing an extension closes tabs that named it before. */
  async open(path: string): Promise<Page> {
    return until(
      'a page of the extension',
      async () => {
        await this.popup?.close();
        this.popup = await this.context.newPage();
        await this.popup.goto(`chrome-extension://${this.extensionId}/${path}`);
        return this.popup;
      },
      30_000,
      300,
    );
  }

  openPopup(): Promise<Page> {
    return this.open(POPUP_PATH);
  }

  /** Resolves when the popup says that word. A host that was lost is asked for again, as a person would. */
  async state(name: string): Promise<void> {
    await until(`the state ${name}`, async () => {
      const retry = by(this.popup, 'errorRetry');
      if (name === 'protected' && (await retry.count()) > 0) await retry.click({ timeout: 1_000 }).catch(() => {});
      return (await by(this.popup, 'stateText').getAttribute('data-state', { timeout: 500 })) === name;
    });
  }

  /**
   * The page's text (`direct` for the site's own), or Chromium's error. A failed navigation spoils its tab for the next
   * one: Warren loads it again once its exit is well.
   */
  async load(url: string): Promise<string> {
    const tab = this.#tab ?? (await this.context.newPage());
    this.#tab = null;
    try {
      const response = await tab.goto(url, { timeout: 10_000 });
      const way = wayOf((await tab.textContent('body')) ?? '');
      if (response?.ok()) this.#tab = tab;
      return way;
    } catch (error) {
      return /net::\w+/.exec(String(error))?.[0] ?? String(error);
    } finally {
      if (tab !== this.#tab) await tab.close();
    }
  }

  /** The background of our extension, or of another one. Hangs while it is stopped. */
  worker(whose: 'ours' | 'other' = 'ours'): Promise<Worker> {
    return until(`the background (${whose})`, () =>
      this.context.serviceWorkers().find((worker) => worker.url().includes(this.extensionId) === (whose === 'ours')),
    );
  }

  /** As when it idled out, which it never does with a debugger at it. Its native port closes with it. */
  async stopWorkers(): Promise<void> {
    const session = await this.context.newCDPSession(this.popup);
    await session.send('ServiceWorker.enable');
    await session.send('ServiceWorker.stopAllWorkers');
    await session.detach();
  }

  /** Runs in chrome://extensions, where a user's own switches are. */
  async manage(script: string): Promise<void> {
    const page = await this.context.newPage();
    await page.goto('chrome://extensions');
    await page.evaluate(`(async () => { const id = '${this.extensionId}'; await ${script}; })()`);
    await page.close();
  }

  publish(version: string): Promise<void> {
    return this.#installed.publish(version);
  }

  fetched(version: string): Promise<true> {
    return until(`version ${version} fetched`, () => this.#installed.hasFetched(version) || null);
  }

  /** A second proxy extension that does nothing by itself, for `launch`. */
  writeRival(): string {
    const folder = join(this.place.work, 'rival');
    mkdirSync(folder, { recursive: true });
    const manifest = {
      manifest_version: 3,
      name: 'Rival',
      version: '1',
      permissions: ['proxy', 'privacy'],
      background: { service_worker: 'background.js' },
    };
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
    writeFileSync(join(folder, 'background.js'), 'chrome.runtime.onMessage.addListener(() => {});');
    return `--load-extension=${folder}`;
  }
}
