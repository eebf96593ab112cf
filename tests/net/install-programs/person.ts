/** A person on the throw-away machine of ../machine.sh: a log-in, a browser with our extension, a terminal in the checkout. */
import { execFile, execFileSync } from 'node:child_process';
import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BrowserContext, chromium } from 'playwright-core';

const CHROMIUM = '/usr/lib/chromium/chromium';
export const CHECKOUT = '/mnt/warren';
const LIMIT_MS = 60_000;

export interface Told {
  readonly code: number;
  readonly text: string;
}

export interface Person {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly runtime: string;
}

export function makeUser(name: string): Person {
  execFileSync('useradd', ['--create-home', '--user-group', name]);
  const [uid = 0, gid = 0] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, name], { encoding: 'utf8' })));
  const runtime = `/run/user/${uid}`;
  mkdirSync(runtime, { mode: 0o700 });
  chownSync(runtime, uid, gid);
  return { name, uid, gid, runtime };
}

/**
 * Started by a log-in: with the groups that the user has at that time.
 * @param profile below the home folder.
 */
export async function openBrowser({ name, uid, gid, runtime }: Person, profile: string): Promise<BrowserContext> {
  const start = `/run/${name}-browser`;
  const home = `/home/${name}`;
  const env = `HOME=${home} XDG_RUNTIME_DIR=${runtime} LANG=C.UTF-8 PATH=/usr/bin:/bin`;
  const user = `setpriv --reuid=${uid} --regid=${gid} --init-groups --inh-caps=-all`;
  writeFileSync(start, `#!/bin/sh\nexec ${user} env -i ${env} ${CHROMIUM} "$@"\n`, { mode: 0o755 });
  const folder = `${home}/${profile}`;
  execFileSync('runuser', ['-u', name, '--', 'mkdir', '-p', folder]);
  const extension = `${CHECKOUT}/dist/chrome`;
  const context = await chromium.launchPersistentContext(folder, {
    executablePath: start,
    headless: true,
    chromiumSandbox: true,
    args: [
      '--no-first-run',
      '--disable-gpu',
      `--disable-extensions-except=${extension}`,
      `--load-extension=${extension}`,
    ],
    timeout: 30_000,
  });
  context.setDefaultTimeout(LIMIT_MS);
  return context;
}

/** In this person's terminal, in the folder of the checkout. The suites' own folder for temporary files is not theirs. */
export function typed(name: string, line: string): Promise<Told> {
  return told('runuser', ['-u', name, '--', 'env', '-u', 'TMPDIR', `HOME=/home/${name}`, 'sh', '-c', line]);
}

export function told(program: string, args: readonly string[]): Promise<Told> {
  return new Promise((resolve) => {
    execFile(program, [...args], { cwd: CHECKOUT, timeout: 60_000 }, (error, stdout, stderr) => {
      const code = error ? (typeof error.code === 'number' ? error.code : -1) : 0;
      resolve({ code, text: `${stdout}${stderr}` });
    });
  });
}

/** Command lines of the hosts that this user's browser started. */
export function hostsOf(uid: number): readonly string[] {
  return processesOf(uid, 'native-host/main.ts');
}

export function processesOf(uid: number, name: string): readonly string[] {
  const list = execFileSync('ps', ['-u', String(uid), '-o', 'args='], { encoding: 'utf8' });
  return list.split('\n').filter((line) => line.includes(name));
}

export async function until(what: string, state: () => boolean): Promise<void> {
  for (const deadline = Date.now() + LIMIT_MS; !state(); await sleep(20))
    if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`);
}
