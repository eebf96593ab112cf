/**
 * A real Firefox ESR with the built extension, in a home's namespace, as an ordinary user, sandbox on.
 * Driven over WebDriver BiDi.
 */
import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PAGE_PATH, POPUP_PATH } from '../../../manifest/extension.ts';
import type { BrowserOptions, LabBrowser } from '../browser.ts';
import { displayEnv } from '../display.ts';
import { ROOT } from '../identity.ts';
import type { Lab } from '../lab.ts';
import type { LabProcess } from '../process.ts';
import { Bidi } from './bidi.ts';
import { FirefoxPage } from './page.ts';
import { EXTENSION_ORIGIN, preferences } from './preferences.ts';

const FIREFOX = '/usr/lib/firefox-esr/firefox-esr';

export async function startFirefox(lab: Lab, options: BrowserOptions): Promise<LabBrowser> {
  const { home, user, visible = false } = options;
  const profile = join(user.home, 'firefox');
  const hosts = join(user.home, '.mozilla/native-messaging-hosts');
  for (const folder of [profile, dirname(hosts)]) mkdirSync(folder, { mode: 0o700, recursive: true });
  await options.introduceHost(hosts);
  writeFileSync(join(profile, 'user.js'), preferences());
  for (const folder of [profile, dirname(hosts), hosts]) chownSync(folder, user.uid, user.gid);
  const process = launch(lab, options, profile);
  const [, port] = await process.prints(/WebDriver BiDi listening on ws:\/\/[^:]+:(\d+)/, 30_000);
  const bidi = await Bidi.open(home.host, Number(port), lab.node);
  await bidi.call('session.new', { capabilities: { alwaysMatch: { acceptInsecureCerts: true } } });
  await bidi.call('webExtension.install', {
    extensionData: { type: 'path', path: await extension(lab) },
    // As a user allows it in about:addons; without it Firefox refuses `proxy.settings`.
    'moz:allowPrivateBrowsing': true,
  });
  const tab = async (): Promise<FirefoxPage> => {
    const { context } = await bidi.call<{ context: string }>('browsingContext.create', { type: 'tab' });
    return new FirefoxPage(bidi, context);
  };
  const open = async (path: string, size: { readonly width: number; readonly height: number }) => {
    const page = await tab();
    if (!visible) await page.setViewportSize(size);
    await page.goto(`${EXTENSION_ORIGIN}/${path}`);
    return page;
  };
  return {
    name: 'firefox',
    profile,
    openPopup: () => open(POPUP_PATH, { width: 360, height: 600 }),
    openPage: (hash) => open(`${PAGE_PATH}${hash}`, { width: 1000, height: 720 }),
    newTab: tab,
    async close() {
      await bidi.call('browser.close').catch(() => undefined);
      bidi.close();
      await process.stop();
    },
  };
}

/** A copy: a build that runs meanwhile must not take the extension from under the browser. */
async function extension(lab: Lab): Promise<string> {
  const copy = join(lab.paths.run, 'extension-firefox');
  await cp(join(ROOT, 'dist/firefox'), copy, { recursive: true });
  return copy;
}

function launch(lab: Lab, { home, user, visible }: BrowserOptions, profile: string): LabProcess {
  const runtime = lab.runtimeFolder('client-xdg', user);
  return lab.start({
    name: 'firefox',
    namespace: home.host,
    command: FIREFOX,
    args: [
      ...(visible ? [] : ['--headless']),
      ...['--no-remote', '--profile', profile],
      ...['--remote-debugging-port', '0', '-remote-allow-system-access'],
    ],
    user,
    env: {
      XDG_RUNTIME_DIR: runtime,
      // Its own clutter ends with the lab, also when the browser is killed.
      TMPDIR: runtime,
      MOZ_REMOTE_SETTINGS_DEVTOOLS: '1',
      ...(visible ? displayEnv(runtime, user) : {}),
    },
  });
}
