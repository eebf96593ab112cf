import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { InstallError } from '../../../native-host/install/error.ts';
import { parseCommand } from '../../../native-host/install/options.ts';
import { BelowRoot, CHECKOUT } from './below-root.ts';

let place: BelowRoot;
beforeEach(() => {
  place = new BelowRoot();
});
afterEach(() => place.remove());

describe('a bad installation is refused before anything is written', () => {
  test.each([
    ['an extension id with a digit', ['--extension', `${'a'.repeat(31)}1`], 'extension_id_invalid'],
    ['an extension id with a slash', ['--extension', 'warren@x/../y'], 'extension_id_invalid'],
    ['a profile that is not there', ['--network', '/nonexistent.json'], 'network_unreadable'],
    ['a profile that is not JSON', ['--network', join(CHECKOUT, 'README.md')], 'network_unreadable'],
    ['a profile that lacks the chain', ['--network', join(CHECKOUT, 'package.json')], 'network_unreadable'],
    ['no profile where only a local one ships', [], 'network_missing'],
    ['an unknown option', ['--fast'], 'usage'],
    ['a stray word', ['now'], 'usage'],
  ])('%s', async (_, args, code) => {
    const error = await place.install(args).catch((thrown: InstallError) => thrown);
    expect(error).toMatchObject({ code, action: expect.stringMatching(/\w/) });
    expect(place.entries()).toEqual([]);
  });

  test('without a public network it says which file to pass', async () => {
    await expect(place.install([])).rejects.toMatchObject({
      action: expect.stringContaining('--network manifest/networks/local.json'),
    });
  });

  test('a profile with one wrong field is told by the name of that field', async () => {
    const { default: local } = await import('../../../manifest/networks/local.json', { with: { type: 'json' } });
    const file = `${place.nodePath}.json`;
    writeFileSync(file, JSON.stringify({ ...local, token: '0x12' }));
    await expect(place.install(['--network', file])).rejects.toMatchObject({
      message: expect.stringContaining('"token"'),
    });
  });
});

describe('the command line', () => {
  test('sees relative files from where the caller stands', () => {
    const { network, root } = parseCommand(['install', '--network', 'net.json', '--root', 'out'], {}, '/home/ann');
    expect({ network, root }).toEqual({ network: '/home/ann/net.json', root: '/home/ann/out' });
  });

  test.each([
    [{ SUDO_USER: 'ann' }, [], 'ann'],
    [{ SUDO_USER: 'ann' }, ['--member', 'bob'], 'bob'],
    [{ SUDO_USER: 'root' }, [], null],
    [{}, [], null],
  ])('with %o and %o adds %s to the group', (env, args, user) => {
    expect(parseCommand(['install', ...args], env, '/').member).toBe(user);
  });

  test('of an uninstallation takes no options of an installation', () => {
    expect(() => parseCommand(['uninstall', '--member', 'ann'], {}, '/')).toThrow(/--user and --root only/);
  });

  test.each([
    ['under sudo, whose files would be root’s', { HOME: '/home/ann', SUDO_USER: 'ann' }],
    ['without a home folder', {}],
    ['with the whole machine for a home', { HOME: '/' }],
  ])('for one user alone is refused %s', (_, env) => {
    expect(() => parseCommand(['install', '--user'], env, '/')).toThrow(/alone|HOME/);
  });

  test.each(['install', 'uninstall'])('%s without root tells to use sudo, and fails', async (verb) => {
    const { code, stderr } = await runUnprivileged(verb);
    expect(code).toBe(1);
    expect(stderr).toContain(`Run "sudo ./warren ${verb}", or "./warren ${verb} --user"`);
  });
});

function runUnprivileged(verb: string): Promise<{ readonly code: unknown; readonly stderr: string }> {
  const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  const args = ['--disable-warning=ExperimentalWarning', join(CHECKOUT, 'native-host/install/main.ts'), verb];
  return new Promise((resolve) =>
    execFile(process.execPath, args, nobody, (error, _, stderr) => resolve({ code: error?.code ?? 0, stderr })),
  );
}
