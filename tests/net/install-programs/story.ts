/**
 * A person installs Warren for the whole machine, on the throw-away one of ../machine.sh, while a browser waits for
 * it, and takes it away again. Prints what happened as one line of JSON; judging it is the test's part.
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXTENSION_ID_CHROMIUM, POPUP_PATH } from '../../../manifest/extension.ts';
import { CHECKOUT, hostsOf, makeUser, openBrowser, type Told, told, typed, until } from './person.ts';

const NODE = `${CHECKOUT}/node_modules/.bin/node`;
const SOCKET = '/run/warren/netd.sock';
const INSTALL = `sudo ./warren install --extension ${EXTENSION_ID_CHROMIUM}`;

export interface Story {
  readonly withoutNetwork: Told;
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
  const context = await openBrowser(ann, 'profile');
  try {
    const popup = await context.newPage();
    await popup.goto(`chrome-extension://${EXTENSION_ID_CHROMIUM}/${POPUP_PATH}`);
    const screen = popup.getByTestId('error-screen');
    await screen.waitFor();
    const withoutNetwork = await typed('ann', INSTALL);
    const installed = await typed('ann', `${INSTALL} --network manifest/networks/local.json`);
    const [folder, netd] = installed.text.split('\n').filter((line) => line.startsWith('  sudo '));
    await typed('ann', folder ?? 'false');
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
    const again = await typed('ann', `${INSTALL} --network manifest/networks/local.json`);
    const removed = await typed('ann', 'sudo ./warren uninstall');
    daemon.kill();
    const left = written().filter((path) => !before.includes(path) && !existsSync(join('/mnt/below', path)));
    return {
      ...{ withoutNetwork, installed, screenAfter, hosts },
      ...{ netdHello, netdHelloOfAnother, again, removed, left },
    };
  } finally {
    await context.close();
  }
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

/** Every file and folder that this machine has apart from the one below it. */
function written(): readonly string[] {
  return ['etc', 'usr/local', 'usr/lib/mozilla'].flatMap((folder) =>
    readdirSync(join('/mnt/over', folder, 'new'), { recursive: true }).map((path) => `/${folder}/${String(path)}`),
  );
}

const story = await main();
process.stdout.write(`${JSON.stringify(story)}\n`);
process.exit(0);
