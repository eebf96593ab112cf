/**
 * The built extension in real Chromium, with `shots-host.ts` in the host's place: for pictures of its screens
 * and for what needs its screens alone. It proves nothing about a tunnel.
 */
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { TEST } from '../../extension/ui/testids.ts';
import { EXTENSION_ID_CHROMIUM, PAGE_PATH, POPUP_PATH } from '../../manifest/extension.ts';
import { writeNativeManifests } from '../../manifest/native-messaging.ts';
import { type Scenario, writeScenario } from './shots-host.ts';

const ORIGIN = `chrome-extension://${EXTENSION_ID_CHROMIUM}`;
export const POPUP = `${ORIGIN}/${POPUP_PATH}`;
export const PAGE = `${ORIGIN}/${PAGE_PATH}`;
export const POPUP_SIZE = { width: 360, height: 600 };
export const PAGE_SIZE = { width: 1160, height: 820 };
const BUILT = resolve('dist/chrome');

export class Stage {
  /** A folder of its own, gone at the end. */
  readonly work = mkdtempSync(join(tmpdir(), 'warren-stage-'));
  private readonly scenario = join(this.work, 'scenario.json');
  private readonly hosts = join(this.work, 'profile', 'NativeMessagingHosts');
  private readonly lang: string;

  /** @param lang of the words on screen (BCP 47) */
  constructor(lang = 'en') {
    this.lang = lang;
  }

  /** The browser, with another extension beside ours where one is named; the same profile each time. */
  launch(...others: readonly string[]): Promise<BrowserContext> {
    mkdirSync(this.hosts, { recursive: true });
    const extensions = [this.extension(), ...others];
    return chromium.launchPersistentContext(join(this.work, 'profile'), {
      executablePath: '/usr/lib/chromium/chromium',
      headless: true,
      locale: this.lang,
      env: { ...process.env, TMPDIR: this.work },
      viewport: POPUP_SIZE,
      deviceScaleFactor: 2,
      args: [
        '--no-sandbox',
        '--no-first-run',
        '--disable-gpu',
        '--disable-sync',
        '--disable-background-networking',
        '--disable-component-update',
        `--disable-extensions-except=${extensions.join()}`,
        `--load-extension=${extensions.join()}`,
      ],
    });
  }

  /** Debian's Chromium itself speaks English alone: an extension that has no English left shows what it has. */
  private extension(): string {
    if (this.lang === 'en') return BUILT;
    const folder = join(this.work, 'extension');
    if (existsSync(folder)) return folder;
    const locale = this.lang.replace('-', '_');
    cpSync(BUILT, folder, { recursive: true });
    rmSync(join(folder, '_locales'), { recursive: true });
    cpSync(join(BUILT, '_locales', locale), join(folder, '_locales', locale), { recursive: true });
    const manifest = join(folder, 'manifest.json');
    const parsed = JSON.parse(readFileSync(manifest, 'utf8')) as object;
    writeFileSync(manifest, JSON.stringify({ ...parsed, default_locale: locale }));
    return folder;
  }

  /** From now on the browser finds a host, which shows the scene. */
  async installHost(): Promise<void> {
    const wrapper = join(this.work, 'host.sh');
    const host = resolve('tests/e2e/shots-host.ts');
    writeFileSync(wrapper, `#!/bin/sh\nexec '${process.execPath}' '${host}' '${this.scenario}'\n`);
    chmodSync(wrapper, 0o755);
    await writeNativeManifests({
      dir: this.hosts,
      hostPath: wrapper,
      browser: 'chromium',
      extensionId: EXTENSION_ID_CHROMIUM,
    });
  }

  scene(next: Scenario): void {
    writeScenario(this.scenario, next);
  }

  end(): void {
    rmSync(this.work, { recursive: true, force: true });
  }
}

/** Loads a page anew, even one that differs in its fragment only. */
/** In a window of its size: what is shown of a page depends on that. */
export async function open(page: Page, url: string): Promise<void> {
  await page.setViewportSize(url.startsWith(POPUP) ? POPUP_SIZE : PAGE_SIZE);
  await page.goto('about:blank');
  await page.goto(url);
}

export async function waitFor(page: Page, testid: string): Promise<void> {
  await page.getByTestId(testid).first().waitFor();
}

export async function state(page: Page, name: string): Promise<void> {
  await page.locator(`[data-testid=${TEST.stateText}][data-state=${name}]`).waitFor();
}
