/**
 * A real Chromium with the built extension, in a home's namespace, as an ordinary user, sandbox on.
 * Driven from outside through the pipe that Playwright hands to the wrapper script.
 */
import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { EXTENSION_ID_CHROMIUM, PAGE_PATH, POPUP_PATH } from '../../manifest/extension.ts';
import { ACTION_MS, type BrowserOptions, type LabBrowser, type Page } from './browser.ts';
import { closeTabsSurely } from './chromium-tabs.ts';
import { displayEnv } from './display.ts';
import type { Home } from './home.ts';
import { ROOT } from './identity.ts';
import type { Lab } from './lab.ts';
import { type User, wrapped } from './process.ts';

const CHROMIUM = '/usr/lib/chromium/chromium';

export async function startChromium(lab: Lab, options: BrowserOptions): Promise<LabBrowser> {
  const { home, user } = options;
  const profile = join(user.home, 'profile');
  mkdirSync(profile, { mode: 0o700, recursive: true });
  const hosts = join(profile, 'NativeMessagingHosts');
  await options.introduceHost(hosts);
  own(profile, user);
  own(hosts, user);
  // A copy: a build that runs meanwhile must not take the extension from under the browser.
  const extension = join(lab.paths.run, 'extension');
  await cp(join(ROOT, 'dist/chrome'), extension, { recursive: true });
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: wrapper(lab, home, user, options.visible ?? false),
    headless: !options.visible,
    chromiumSandbox: true,
    viewport: options.visible ? null : { width: 1000, height: 720 },
    args: [
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      '--disable-gpu',
      '--disable-quic',
      `--ignore-certificate-errors-spki-list=${lab.certificate.pin}`,
      `--disable-extensions-except=${extension}`,
      `--load-extension=${extension}`,
    ],
    timeout: 30_000,
  });
  context.setDefaultTimeout(ACTION_MS);
  closeTabsSurely(context);
  if (context.serviceWorkers().length === 0) await context.waitForEvent('serviceworker');
  const open = async (path: string, size: { readonly width: number; readonly height: number }): Promise<Page> => {
    const page = await context.newPage();
    if (!options.visible) await page.setViewportSize(size);
    await page.goto(`chrome-extension://${EXTENSION_ID_CHROMIUM}/${path}`);
    return page;
  };
  return {
    name: 'chromium',
    profile,
    openPopup: () => open(POPUP_PATH, { width: 360, height: 600 }),
    openPage: (hash) => open(`${PAGE_PATH}${hash}`, { width: 1000, height: 720 }),
    newTab: () => context.newPage(),
    close: () => context.close(),
  };
}

/** Playwright starts one executable: this script steps into the namespace and down to the user. */
function wrapper(lab: Lab, home: Home, user: User, visible: boolean): string {
  const path = join(lab.paths.run, 'chromium');
  const runtime = lab.runtimeFolder('client-xdg', user);
  const env = [
    `HOME=${user.home}`,
    `XDG_RUNTIME_DIR=${runtime}`,
    // Chromium's own clutter ends with the lab, also when the browser is killed.
    `TMPDIR=${runtime}`,
    'LANG=C.UTF-8',
    'PATH=/usr/bin:/bin',
    ...(visible ? Object.entries(displayEnv(runtime, user)).map(([name, value]) => `${name}=${value}`) : []),
  ];
  const words = ['ip', ...wrapped(home.host, user, 'env', ['-i', ...env, CHROMIUM])];
  writeFileSync(path, `#!/bin/sh\nPATH=/usr/sbin:/usr/bin:/sbin:/bin exec ${words.map(quote).join(' ')} "$@"\n`, {
    mode: 0o755,
  });
  return path;
}

function own(path: string, user: User): void {
  chownSync(path, user.uid, user.gid);
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
