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
import { Bidi, LISTENING } from './bidi.ts';
import { bridge } from './bridge.ts';
import { EXTENSION_ORIGIN, preferences } from './preferences.ts';
import { FirefoxSession } from './session.ts';

export const FIREFOX = '/usr/lib/firefox-esr/firefox-esr';

export async function startFirefox(lab: Lab, options: BrowserOptions): Promise<LabBrowser> {
  const { home, user, visible = false } = options;
  const profile = join(user.home, 'firefox');
  const hosts = join(user.home, '.mozilla/native-messaging-hosts');
  for (const folder of [profile, dirname(hosts)]) mkdirSync(folder, { mode: 0o700, recursive: true });
  await options.introduceHost(hosts);
  writeFileSync(join(profile, 'user.js'), preferences());
  for (const folder of [profile, dirname(hosts), hosts]) chownSync(folder, user.uid, user.gid);
  const process = launch(lab, options, profile);
  const [, port] = await process.prints(LISTENING, 30_000);
  const session = new FirefoxSession(await Bidi.open(Number(port), bridge(home.host, Number(port), lab.node)));
  await session.install({ type: 'path', path: await extension(lab), privateWindows: true });
  const open = async (path: string, size: { readonly width: number; readonly height: number }) => {
    const page = await session.tab();
    if (!visible) await page.setViewportSize(size);
    await page.goto(`${EXTENSION_ORIGIN}/${path}`);
    return page;
  };
  return {
    name: 'firefox',
    profile,
    openPopup: () => open(POPUP_PATH, { width: 360, height: 600 }),
    openPage: (hash) => open(`${PAGE_PATH}${hash}`, { width: 1000, height: 720 }),
    newTab: () => session.tab(),
    async close() {
      await session.end();
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
