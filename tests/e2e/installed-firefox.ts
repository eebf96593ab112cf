/**
 * Firefox with the extension *installed* (an XPI, for good), as users have it: it outlives a restart,
 * which `about:debugging`'s temporary kind does not. In a namespace of a lab.
 */
import { execFile, spawn } from 'node:child_process';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { Bidi, LISTENING } from '../lab/firefox/bidi.ts';
import { bridge } from '../lab/firefox/bridge.ts';
import { FIREFOX } from '../lab/firefox/browser.ts';
import { preferences } from '../lab/firefox/preferences.ts';
import { FirefoxSession } from '../lab/firefox/session.ts';

export interface InstalledFirefox {
  /** Where native-messaging manifests are read from. */
  readonly nativeMessagingDir: string;
  /** Each launch has the same profile, as a restart has. */
  launch(...args: readonly string[]): Promise<FirefoxSession & { readonly close: () => Promise<void> }>;
  /** An XPI of this version of the same extension, for `install`. */
  pack(version: string): Promise<string>;
}

export interface FirefoxPlace {
  /** The built extension. */
  readonly dist: string;
  /** A folder for XPI, home and profile, removed by the caller. */
  readonly work: string;
  readonly namespace: string;
}

export async function installFirefox(place: FirefoxPlace, privateWindows: boolean): Promise<InstalledFirefox> {
  const { dist, work } = place;
  const home = join(work, 'home');
  const profile = join(work, 'profile');
  const nativeMessagingDir = join(home, '.mozilla/native-messaging-hosts');
  for (const folder of [nativeMessagingDir, profile]) await mkdir(folder, { recursive: true });
  const quiet = {
    // The sites under test speak plain HTTP, where Firefox lets no page have a service worker.
    'dom.serviceWorkers.testing.enabled': true,
    // ESR honours it: no store has signed this build.
    'xpinstall.signatures.required': false,
  };
  await writeFile(join(profile, 'user.js'), preferences(quiet));
  let installed = false;
  return {
    nativeMessagingDir,
    async launch(...args) {
      const { bidi, exited } = await start(place, profile, home, args);
      const session = new FirefoxSession(bidi);
      if (!installed) await session.install({ type: 'archivePath', path: await pack(dist, work), privateWindows });
      installed = true;
      return Object.assign(session, {
        close: async () => {
          await session.end();
          await exited;
        },
      });
    },
    async pack(version) {
      const newer = join(work, `dist-${version}`);
      await cp(dist, newer, { recursive: true });
      const manifest = JSON.parse(await readFile(join(newer, 'manifest.json'), 'utf8')) as object;
      await writeFile(join(newer, 'manifest.json'), JSON.stringify({ ...manifest, version }));
      return pack(newer, work);
    },
  };
}

async function start({ namespace }: FirefoxPlace, profile: string, home: string, args: readonly string[]) {
  const driven = ['--remote-debugging-port', '0', '-remote-allow-system-access'];
  const command = ['netns', 'exec', namespace, FIREFOX, '--headless', '--no-remote', '--profile', profile, ...driven];
  const child = spawn('ip', [...command, ...args], {
    env: { ...process.env, HOME: home, TMPDIR: home, MOZ_REMOTE_SETTINGS_DEVTOOLS: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const exited = new Promise<void>((done) => child.once('exit', () => done(void process.off('exit', kill))));
  let said = '';
  const port = await new Promise<number>((done, fail) => {
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-20_000);
      const found = LISTENING.exec(said);
      if (found) done(Number(found[1]));
    });
    void exited.then(() => fail(new Error(`Firefox ended: ${said}`)));
  });
  return { bidi: await Bidi.open(port, bridge(namespace, port, process.execPath)), exited };
}

async function pack(dist: string, work: string): Promise<string> {
  const to = ['--artifacts-dir', work, '--filename', 'warren.xpi', '--overwrite-dest', '--no-config-discovery'];
  const tool = resolve('node_modules/web-ext/bin/web-ext.js');
  await promisify(execFile)(process.execPath, [tool, 'build', '--source-dir', dist, ...to]);
  return join(work, 'warren.xpi');
}
