/** `./warren install --user`: everything below the home folder, nothing that runs as root. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EXTENSION_ID_CHROMIUM, GECKO_ID } from '../../../manifest/extension.ts';
import { BelowRoot, HOME, LOCAL_NETWORK } from './below-root.ts';

const LIB = `${HOME}/.local/lib/warren`;
const CHROMIUM_KIN = ['chromium', 'google-chrome', 'microsoft-edge', 'BraveSoftware/Brave-Browser', 'vivaldi'].map(
  (folder) => `${HOME}/.config/${folder}/NativeMessagingHosts/network.warren.host.json`,
);
const FIREFOX = `${HOME}/.mozilla/native-messaging-hosts/network.warren.host.json`;
const ARGUMENTS = ['--user', '--network', LOCAL_NETWORK];

let place: BelowRoot;
beforeEach(() => {
  place = new BelowRoot();
});
afterEach(() => place.remove());

test('every browser of this user finds the host, and lets our extension in', async () => {
  await place.install(ARGUMENTS);
  for (const file of CHROMIUM_KIN)
    expect(JSON.parse(place.read(file))).toMatchObject({
      path: `${LIB}/warren-host`,
      allowed_origins: [`chrome-extension://${EXTENSION_ID_CHROMIUM}/`],
    });
  expect(JSON.parse(place.read(FIREFOX))).toMatchObject({ path: `${LIB}/warren-host`, allowed_extensions: [GECKO_ID] });
});

test('nothing is written outside the home folder, and nothing in it is for others to read', async () => {
  await place.install(ARGUMENTS);
  const files = place.entries().filter((path) => !HOME.startsWith(path));
  expect(files.filter((path) => !path.startsWith(`${HOME}/`))).toEqual([]);
  expect(place.mode(`${HOME}/.local`)).toBe(0o700);
  expect(place.said.at(-1)).toContain('nothing runs as root');
});

test('the wrapper names the programs that were fetched, and the socket of a daemon that may come later', async () => {
  await place.install(ARGUMENTS);
  const wrapper = place.read(`${LIB}/warren-host`);
  expect(wrapper).toContain(`export WARREN_PROGRAMS='${LIB}/programs'\n`);
  expect(wrapper).toContain("'--netd' '/run/warren/netd.sock'");
});

test('a second installation writes nothing, and needs no network to be named', async () => {
  await place.install(ARGUMENTS);
  const before = place.times();
  await place.install(['--user']);
  expect(place.times()).toEqual(before);
});

test('removal leaves nothing, not even what the host cached', async () => {
  await place.install(ARGUMENTS);
  mkdirSync(join(place.root, HOME, '.cache/warren/node'), { recursive: true });
  writeFileSync(join(place.root, HOME, '.cache/warren/node/code'), '');
  await place.uninstall(null, ['--user']);
  expect(place.entries().filter((path) => path.startsWith(`${HOME}/`))).toEqual([`${HOME}/.cache`]);
});

test('removal of the one leaves the other: a machine and a user are two installations', async () => {
  await place.install(ARGUMENTS);
  await place.install();
  await place.uninstall(null, ['--user']);
  expect(place.entries()).toContain('/usr/local/lib/warren/warren-host');
  expect(place.entries()).not.toContain(`${LIB}/warren-host`);
});
