/**
 * A person without any rights on the machine installs Warren for themselves, on the throw-away machine of
 * ../machine.sh: does what the extension shows, and takes it away again. Prints what happened as one line of JSON.
 */
import { readdirSync } from 'node:fs';
import { EXTENSION_ID_CHROMIUM, POPUP_PATH } from '../../../manifest/extension.ts';
import { hostsOf, makeUser, openBrowser, processesOf, type Told, typed, until } from './person.ts';

/** Where Chromium keeps its profile by itself, and looks for what its user installed. */
const PROFILE = '.config/chromium';

export interface UserStory {
  /** The commands that the extension shows, by their way. */
  readonly shown: Readonly<Record<string, string>>;
  readonly before: Told;
  readonly installed: Told;
  /** Null: no error is shown any more. */
  readonly screenAfter: string | null;
  readonly hosts: readonly string[];
  /** The doctor's verdicts, as JSON. */
  readonly doctor: Told;
  readonly removed: Told;
  /** Files below the home folder in the end, apart from the browser's own. */
  readonly left: readonly string[];
}

async function main(): Promise<UserStory> {
  const bob = makeUser('bob');
  const there = files();
  const context = await openBrowser(bob, PROFILE);
  try {
    const popup = await context.newPage();
    await popup.goto(`chrome-extension://${EXTENSION_ID_CHROMIUM}/${POPUP_PATH}`);
    const screen = popup.locator('[data-testid="error-screen"][data-code="host_missing"]');
    await screen.waitFor();
    const ways = await popup.getByTestId('error-command').all();
    const shown = Object.fromEntries(
      await Promise.all(
        ways.map(async (way) => [await way.getAttribute('data-key'), await way.textContent()] as const),
      ),
    );
    const before = await typed('bob', './warren doctor --json');
    const installed = await typed('bob', `${shown.user} --network manifest/networks/local.json`);
    await popup
      .getByTestId('error-retry')
      .click({ timeout: 5_000 })
      .catch(() => null);
    const gone = screen.waitFor({ state: 'detached' }).then(() => null);
    const screenAfter = await gone.catch(() => popup.locator('body').textContent());
    await until('one host is left', () => hostsOf(bob.uid).length <= 1);
    const hosts = hostsOf(bob.uid);
    await until('the host has its namespace', () => processesOf(bob.uid, 'namespace/main.ts').length > 0);
    const doctor = await typed('bob', './warren doctor --json');
    await context.close();
    const removed = await typed('bob', './warren uninstall --user');
    return {
      ...{ shown, before, installed, screenAfter, hosts, doctor, removed },
      left: files().filter((path) => !there.includes(path)),
    };
  } finally {
    await context.close();
  }
}

function files(): readonly string[] {
  const own = (path: string) =>
    path.startsWith('.config/chromium/') || path.startsWith('.pki') || path.startsWith('.cache');
  return readdirSync('/home/bob', { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice('/home/bob/'.length))
    .filter((path) => !own(path) || /warren/.test(path));
}

process.stdout.write(`${JSON.stringify(await main())}\n`);
process.exit(0);
