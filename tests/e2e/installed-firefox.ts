/**
 * Firefox with the extension *installed* (an XPI, for good), as users have it: it outlives a restart,
 * which `about:debugging`'s temporary kind does not. On this machine's own network; every name that is
 * asked directly is this machine.
 */
import { execFile, spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { Bidi, LISTENING } from '../lab/firefox/bidi.ts';
import { FIREFOX } from '../lab/firefox/browser.ts';
import { preferences } from '../lab/firefox/preferences.ts';
import { FirefoxSession } from '../lab/firefox/session.ts';

export interface InstalledFirefox {
  /** Where native-messaging manifests are read from. */
  readonly nativeMessagingDir: string;
  /** Each launch has the same profile, as a restart has. */
  launch(...args: readonly string[]): Promise<FirefoxSession & { readonly close: () => Promise<void> }>;
}

/** @param dist the built extension; @param work a folder for XPI, home and profile, removed by the caller. */
export async function installFirefox(dist: string, work: string, privateWindows: boolean): Promise<InstalledFirefox> {
  const home = join(work, 'home');
  const profile = join(work, 'profile');
  const nativeMessagingDir = join(home, '.mozilla/native-messaging-hosts');
  for (const folder of [nativeMessagingDir, profile]) await mkdir(folder, { recursive: true });
  const quiet = {
    'network.dns.forceResolve': '127.0.0.1',
    // ESR honours it: no store has signed this build.
    'xpinstall.signatures.required': false,
  };
  await writeFile(join(profile, 'user.js'), preferences(quiet));
  let installed = false;
  return {
    nativeMessagingDir,
    async launch(...args) {
      const { bidi, exited } = await start(profile, home, args);
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
  };
}

async function start(profile: string, home: string, args: readonly string[]) {
  const driven = ['--remote-debugging-port', '0', '-remote-allow-system-access'];
  const child = spawn(FIREFOX, ['--headless', '--no-remote', '--profile', profile, ...driven, ...args], {
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
  return { bidi: await Bidi.open(port), exited };
}

async function pack(dist: string, work: string): Promise<string> {
  const to = ['--artifacts-dir', work, '--filename', 'warren.xpi', '--overwrite-dest', '--no-config-discovery'];
  const tool = resolve('node_modules/web-ext/bin/web-ext.js');
  await promisify(execFile)(process.execPath, [tool, 'build', '--source-dir', dist, ...to]);
  return join(work, 'warren.xpi');
}
