import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EXTENSION_ID_CHROMIUM, GECKO_ID } from '../../../manifest/extension.ts';
import { hostWrapper } from '../../../manifest/native-messaging.ts';
import { BelowRoot, CHECKOUT, LOCAL_NETWORK } from './below-root.ts';

const LIB = '/usr/local/lib/warren';
const CHROMIUM_KIN = ['/etc/chromium', '/etc/opt/chrome', '/etc/opt/edge', '/etc/opt/vivaldi'].map(
  (folder) => `${folder}/native-messaging-hosts/network.warren.host.json`,
);
const FIREFOX = '/usr/lib/mozilla/native-messaging-hosts/network.warren.host.json';
const UNIT = '/etc/systemd/system/warren-netd.service';

let place: BelowRoot;
beforeEach(() => {
  place = new BelowRoot();
});
afterEach(() => place.remove());

test('a browser that is packed as Snap or Flatpak is named, with what to do', async () => {
  await place.install();
  expect(place.said.join()).not.toMatch(/Snap|Flatpak/);
  mkdirSync(join(place.root, '/snap/bin'), { recursive: true });
  writeFileSync(join(place.root, '/snap/bin/firefox'), '');
  await place.install();
  expect(place.said.filter((line) => line.includes('Firefox (Snap)'))).toHaveLength(1);
});

describe('what an installation writes', () => {
  beforeEach(() => place.install());

  test('every browser finds the wrapper in the folder it reads, and lets our extension in', () => {
    for (const file of CHROMIUM_KIN)
      expect(JSON.parse(place.read(file))).toMatchObject({
        name: 'network.warren.host',
        path: `${LIB}/warren-host`,
        type: 'stdio',
        allowed_origins: [`chrome-extension://${EXTENSION_ID_CHROMIUM}/`],
      });
    expect(JSON.parse(place.read(FIREFOX))).toMatchObject({
      name: 'network.warren.host',
      path: `${LIB}/warren-host`,
      type: 'stdio',
      allowed_extensions: [GECKO_ID],
    });
  });

  test('the wrapper starts the host of this checkout with the installed network and the socket that netd gets', () => {
    expect(place.read(`${LIB}/warren-host`)).toBe(
      hostWrapper({
        nodePath: place.nodePath,
        mainPath: join(CHECKOUT, 'native-host/main.ts'),
        network: `${LIB}/network.json`,
        netdSocket: '/run/warren/netd.sock',
      }),
    );
    expect(place.read(UNIT)).toContain('--socket /run/warren/netd.sock --group warren --runtime /run/warren\n');
  });

  test('the network profile is the one that was passed', async () => {
    const { default: local } = await import(LOCAL_NETWORK, { with: { type: 'json' } });
    expect(JSON.parse(place.read(`${LIB}/network.json`))).toEqual(local);
  });

  test('what systemd runs as root lies in a folder of root, not in the checkout', () => {
    const start = /^ExecStart=(\S+) (\S+) /m.exec(place.read(UNIT));
    expect(start?.slice(1)).toEqual([`${LIB}/node`, `${LIB}/netd.mjs`]);
    expect(place.read(`${LIB}/node`)).toBe('a binary');
    const imports = [...place.read(`${LIB}/netd.mjs`).matchAll(/^import .* from "([^"]+)"/gm)].map(([, name]) => name);
    expect(imports.length).toBeGreaterThan(0);
    expect(imports.filter((name) => !name?.startsWith('node:'))).toEqual([]);
  });

  test('the unit keeps every restriction of the packaged one', async () => {
    const unit = place.read(UNIT).split('\n');
    for (const line of ['CapabilityBoundingSet=CAP_NET_ADMIN', 'ProtectHome=yes', 'NoNewPrivileges=yes'])
      expect(unit).toContain(line);
  });

  test('everybody may read it and only root may write it, whatever the umask', async () => {
    const before = process.umask(0o077);
    try {
      await place.uninstall();
      await place.install();
    } finally {
      process.umask(before);
    }
    const runs = [`${LIB}/warren-host`, `${LIB}/node`];
    const folders = place.entries().filter((path) => place.entries().some((other) => other.startsWith(`${path}/`)));
    for (const path of place.entries())
      expect([path, place.mode(path)]).toEqual([path, runs.includes(path) || folders.includes(path) ? 0o755 : 0o644]);
  });

  test('the record lists every file but itself', () => {
    const { files } = JSON.parse(place.read(`${LIB}/installed.json`)) as { files: string[] };
    expect([...files].sort()).toEqual(
      [
        ...CHROMIUM_KIN,
        FIREFOX,
        UNIT,
        ...['warren-host', 'network.json', 'node', 'netd.mjs'].map((name) => `${LIB}/${name}`),
      ].sort(),
    );
  });
});

describe('a second installation', () => {
  test('writes nothing where nothing changed, and needs no network to be named', async () => {
    await place.install();
    const before = place.times();
    await place.install([]);
    expect(place.times()).toEqual(before);
    expect(place.said.filter((line) => line.startsWith('wrote'))).toEqual([]);
  });

  test('mends a file that somebody changed', async () => {
    await place.install();
    const wrapper = place.read(`${LIB}/warren-host`);
    writeFileSync(join(place.root, `${LIB}/warren-host`), '#!/bin/sh\n');
    await place.install();
    expect(place.read(`${LIB}/warren-host`)).toBe(wrapper);
    expect(place.said.filter((line) => line.startsWith('wrote'))).toEqual([`wrote ${LIB}/warren-host`]);
  });

  test('with another extension lets that one in instead, and leaves the other kind of browser alone', async () => {
    await place.install();
    const [a, b] = ['a'.repeat(32), 'p'.repeat(32)];
    await place.install(['--extension', a, '--extension', b]);
    expect(JSON.parse(place.read(CHROMIUM_KIN[0] ?? '')).allowed_origins).toEqual([
      `chrome-extension://${a}/`,
      `chrome-extension://${b}/`,
    ]);
    expect(JSON.parse(place.read(FIREFOX)).allowed_extensions).toEqual([GECKO_ID]);
  });

  test('removes what an older release wrote and this one does not', async () => {
    await place.install();
    const record = JSON.parse(place.read(`${LIB}/installed.json`));
    writeFileSync(join(place.root, `${LIB}/old.js`), '');
    writeFileSync(
      join(place.root, `${LIB}/installed.json`),
      JSON.stringify({ ...record, files: [...record.files, `${LIB}/old.js`] }),
    );
    await place.install();
    expect(place.entries()).not.toContain(`${LIB}/old.js`);
  });
});

describe('removal', () => {
  test('leaves nothing behind', async () => {
    await place.install();
    expect(place.entries().length).toBeGreaterThan(10);
    await place.uninstall();
    expect(place.entries()).toEqual([]);
  });

  test('leaves alone what was there before, and what others put there since', async () => {
    mkdirSync(join(place.root, '/etc/chromium/native-messaging-hosts'), { recursive: true });
    await place.install();
    writeFileSync(join(place.root, '/etc/opt/chrome/native-messaging-hosts/other.json'), '{}');
    await place.uninstall();
    expect(place.entries()).toEqual([
      '/etc',
      '/etc/chromium',
      '/etc/chromium/native-messaging-hosts',
      '/etc/opt',
      '/etc/opt/chrome',
      '/etc/opt/chrome/native-messaging-hosts',
      '/etc/opt/chrome/native-messaging-hosts/other.json',
    ]);
  });

  test('of what is not installed says so and does nothing', async () => {
    await place.uninstall();
    expect(place.said.join()).toContain('nothing to remove');
  });

  test('refuses a record that it can not read, or that leads elsewhere', async () => {
    await place.install();
    const file = join(place.root, `${LIB}/installed.json`);
    const record = JSON.parse(place.read(`${LIB}/installed.json`));
    for (const text of ['{', JSON.stringify({ ...record, files: ['/usr/../etc/passwd'] })]) {
      writeFileSync(file, text);
      await expect(place.uninstall()).rejects.toMatchObject({ code: 'record_unreadable' });
    }
  });
});
