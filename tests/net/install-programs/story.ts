/**
 * A person installs Warren, on the throw-away machine of ../machine.sh: sees what the extension says, does it,
 * and takes it away again. Prints what happened as one line of JSON; judging it is the test's part.
 */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BrowserContext, chromium } from 'playwright-core';
import { EXTENSION_ID_CHROMIUM, POPUP_PATH } from '../../../manifest/extension.ts';

const CHROMIUM = '/usr/lib/chromium/chromium';
const CHECKOUT = '/mnt/warren';
const NODE = `${CHECKOUT}/node_modules/.bin/node`;
const SOCKET = '/run/warren/netd.sock';
const LIMIT_MS = 10_000;

export interface Told {
  readonly code: number;
  readonly text: string;
}

export interface Story {
  readonly shownCode: string | null;
  readonly shownCommand: string;
  readonly asShown: Told;
  readonly installed: Told;
  /** Null: no error is shown any more. */
  readonly screenAfter: string | null;
  /** Command lines of the hosts that ann's browser started. */
  readonly hosts: readonly string[];
  readonly netdHello: Told;
  readonly netdHelloOfAnother: Told;
  readonly again: Told;
  readonly removed: Told;
  /** Files and folders in the end that were not there in the beginning. */
  readonly left: readonly string[];
}

async function main(): Promise<Story> {
  const ann = makeUser('ann');
  makeUser('bob');
  writeFileSync('/etc/sudoers.d/ann', 'ann ALL=(ALL) NOPASSWD: ALL\n', { mode: 0o440 });
  const before = written();
  const context = await openBrowser(ann);
  try {
    const popup = await context.newPage();
    await popup.goto(`chrome-extension://${EXTENSION_ID_CHROMIUM}/${POPUP_PATH}`);
    const screen = popup.getByTestId('error-screen');
    await screen.waitFor();
    const shownCode = await screen.getAttribute('data-code');
    const shownCommand = (await popup.getByTestId('error-command').textContent()) ?? '';

    const asShown = await typed(shownCommand);
    const installed = await typed(`${shownCommand} --network manifest/networks/local.json`);
    const [folder, netd] = installed.text.split('\n').filter((line) => line.startsWith('  sudo '));
    await typed(folder ?? 'false');
    const daemon = spawn('runuser', ['-u', 'ann', '--', 'sh', '-c', netd?.trim() ?? 'false'], { stdio: 'inherit' });
    await until('netd listens', () => existsSync(SOCKET));

    // The screen also looks by itself, and may be gone before the button is pressed.
    await popup
      .getByTestId('error-retry')
      .click({ timeout: 5_000 })
      .catch(() => null);
    const gone = screen.waitFor({ state: 'detached' }).then(() => null);
    const screenAfter = await gone.catch(() => popup.locator('body').textContent());
    // One that the extension had begun to ask by itself may still be on its way out.
    await until('one host is left', () => hostsOf(ann.uid).length <= 1);
    const hosts = hostsOf(ann.uid);
    const netdHello = await hello('ann');
    const netdHelloOfAnother = await hello('bob');
    const again = await typed(`${shownCommand} --network manifest/networks/local.json`);
    const removed = await typed('sudo ./warren uninstall');
    daemon.kill();
    const left = written().filter((path) => !before.includes(path) && !existsSync(join('/mnt/below', path)));
    return {
      ...{ shownCode, shownCommand, asShown, installed, screenAfter, hosts },
      ...{ netdHello, netdHelloOfAnother, again, removed, left },
    };
  } finally {
    await context.close();
  }
}

interface Person {
  readonly uid: number;
  readonly gid: number;
  readonly runtime: string;
}

function makeUser(name: string): Person {
  execFileSync('useradd', ['--create-home', '--user-group', name]);
  const [uid = 0, gid = 0] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, name], { encoding: 'utf8' })));
  const runtime = `/run/user/${uid}`;
  mkdirSync(runtime, { mode: 0o700 });
  chownSync(runtime, uid, gid);
  return { uid, gid, runtime };
}

/** Started by a log-in: with the groups that the user has at that time. */
async function openBrowser({ uid, gid, runtime }: Person): Promise<BrowserContext> {
  const start = '/run/ann-browser';
  const env = `HOME=/home/ann XDG_RUNTIME_DIR=${runtime} LANG=C.UTF-8 PATH=/usr/bin:/bin`;
  const user = `setpriv --reuid=${uid} --regid=${gid} --init-groups --inh-caps=-all`;
  writeFileSync(start, `#!/bin/sh\nexec ${user} env -i ${env} ${CHROMIUM} "$@"\n`, { mode: 0o755 });
  const profile = '/home/ann/profile';
  mkdirSync(profile, { mode: 0o700 });
  chownSync(profile, uid, gid);
  const extension = `${CHECKOUT}/dist/chrome`;
  const context = await chromium.launchPersistentContext(profile, {
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

/** In ann's terminal, in the folder of the checkout. */
function typed(line: string): Promise<Told> {
  return told('runuser', ['-u', 'ann', '--', 'sh', '-c', line]);
}

/** Asks netd its version, with the rights of that user after a fresh log-in. */
function hello(user: string): Promise<Told> {
  const ask = `import { connectNetd } from '${CHECKOUT}/shared/node/netd-client.ts';
    await connectNetd('${SOCKET}');
    console.log('connected'); process.exit(0);`;
  return told('runuser', [
    '-u',
    user,
    '--',
    NODE,
    '--disable-warning=ExperimentalWarning',
    '--input-type=module',
    '-e',
    ask,
  ]);
}

function told(program: string, args: readonly string[]): Promise<Told> {
  return new Promise((resolve) => {
    execFile(program, [...args], { cwd: CHECKOUT, timeout: 60_000 }, (error, stdout, stderr) => {
      const code = error ? (typeof error.code === 'number' ? error.code : -1) : 0;
      resolve({ code, text: `${stdout}${stderr}` });
    });
  });
}

function hostsOf(uid: number): readonly string[] {
  const list = execFileSync('ps', ['-u', String(uid), '-o', 'args='], { encoding: 'utf8' });
  return list.split('\n').filter((line) => line.includes('native-host/main.ts'));
}

/** Every file and folder that this machine has apart from the one below it. */
function written(): readonly string[] {
  return ['etc', 'usr/local', 'usr/lib/mozilla'].flatMap((folder) =>
    readdirSync(join('/mnt/over', folder, 'new'), { recursive: true }).map((path) => `/${folder}/${String(path)}`),
  );
}

async function until(what: string, state: () => boolean): Promise<void> {
  for (const deadline = Date.now() + LIMIT_MS; !state(); await sleep(20))
    if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`);
}

const story = await main();
process.stdout.write(`${JSON.stringify(story)}\n`);
process.exit(0);
