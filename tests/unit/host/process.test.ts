import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type HostProcess, startHost } from '../../host-process.ts';
import { MEMORY } from '../../memory.ts';

const ADDRESS = `0x${'11'.repeat(20)}`;
const PROFILE = {
  name: 'nowhere',
  chainId: 31_337,
  rpcUrl: 'http://127.0.0.1:1',
  channels: ADDRESS,
  didRegistry: ADDRESS,
  token: ADDRESS,
  tokenName: 'Test',
  tokenSymbol: 'TST',
  tokenDecimals: 18,
  coinSymbol: 'ETH',
  explorer: null,
  confirmations: 0,
  relays: ['ws://127.0.0.1:1'],
  stun: [{ host: '127.0.0.1', port: 1 }],
};

let folder = '';
let host: HostProcess;
beforeEach(() => {
  folder = mkdtempSync(`${MEMORY}/warren-process-`);
  writeFileSync(join(folder, 'network.json'), JSON.stringify(PROFILE));
});
afterEach(() => {
  if (host.child.exitCode === null) host.child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

function start(args: readonly string[] = []): HostProcess {
  const own = ['--network', join(folder, 'network.json'), '--netd', join(folder, 'none'), '--runtime', folder];
  const tunnels = ['--tunnels', 'netd'];
  // The browser's own argument comes last.
  host = startHost({ args: [...own, ...tunnels, ...args, 'chrome-extension://gmmocmplnbjkjaecoimioclenjokfgel/'] });
  return host;
}

const hello = (version = 1) => ({ type: 'hello', version, extensionVersion: '0.1.0' }) as const;
const codes = () => host.ups.flatMap((up) => (up.type === 'fault' ? [up.error.code] : []));

describe('warren-host', () => {
  test('answers hello with the network that wallets need', async () => {
    start().say(hello());
    await host.until('welcome', ({ ups }) => ups.length > 0);
    expect(host.ups[0]).toMatchObject({
      type: 'welcome',
      version: 1,
      network: { chainId: 31_337, tokenSymbol: 'TST' },
    });
  });

  test('says what is missing instead of failing, and shows it', async () => {
    start().say(hello());
    await host.until('a snapshot', ({ snapshot }) => snapshot()?.host.netd === 'unreachable');
    expect(host.snapshot()).toMatchObject({ idle: true, error: { code: 'netd_unreachable' } });
  });

  test.each([
    [2, 'host_too_old'],
    [0, 'version_unsupported'],
  ])('meets an extension of version %i with %s and what to do', async (version, code) => {
    start().say(hello(version));
    await host.until('a fault', () => codes().length > 0);
    expect(codes()).toEqual([code]);
    expect(host.ups.some((up) => up.type === 'welcome')).toBe(false);
  });

  test('survives garbage, giant frames and messages before hello', async () => {
    start();
    host.write(Uint8Array.of(4, 0, 0, 0, 123, 123, 123, 123));
    host.write(Uint8Array.of(0xff, 0xff, 0x1f, 0));
    host.write(new Uint8Array(0x1fffff));
    host.say({ type: 'intent', connected: false, payer: null, exits: [], closeChannels: true });
    host.say(hello());
    await host.until('welcome', ({ ups }) => ups.some((up) => up.type === 'welcome'));
    expect(codes()).toEqual(['frame_malformed', 'frame_too_large', 'message_unknown']);
  });

  test('does what was said in the same breath as hello', async () => {
    start().say(hello());
    host.say({ type: 'request', id: 7, body: { method: 'diagnostics', params: {} } });
    await host.until('an answer', ({ ups }) => ups.some((up) => up.type === 'response' && up.id === 7));
  });

  test('refuses the test switch where it was not started for tests', async () => {
    start().say(hello());
    const asked = host.ask({ method: 'test.stopPaying', params: { stop: true } });
    await expect(asked).rejects.toMatchObject({ error: { code: 'message_unknown' } });
  });

  test('is gone within two seconds of the end of stdin, and leaves nothing behind', async () => {
    start(['--log', join(folder, 'log')]).say(hello());
    await host.until('a snapshot', ({ snapshot }) => snapshot() !== undefined);
    expect(readdirSync(folder).some((name) => name.startsWith('host-'))).toBe(true);
    const { code, ms } = await host.end();
    expect(code).toBe(0);
    expect(ms).toBeLessThan(2_000);
    expect(readdirSync(folder).filter((name) => name.startsWith('host-'))).toEqual([]);
  });

  test('refuses a runtime folder on a disk, in words', async () => {
    const onDisk = mkdtempSync(join(process.cwd(), 'node_modules', '.host-'));
    try {
      start(['--runtime', onDisk]).say(hello());
      await host.until('a fault', () => codes().length > 0);
      expect(codes()).toEqual(['runtime_not_tmpfs']);
    } finally {
      rmSync(onDisk, { recursive: true });
    }
  });

  test('refuses a damaged network profile, in words', async () => {
    writeFileSync(join(folder, 'network.json'), '{"name":1}');
    start().say(hello());
    await host.until('a fault', () => codes().length > 0);
    expect(codes()).toEqual(['internal']);
  });

  test('dumps no core', async () => {
    start().say(hello());
    await host.until('a snapshot', ({ snapshot }) => snapshot() !== undefined);
    const limits = readFileSync(`/proc/${host.child.pid}/limits`, 'utf8');
    expect(limits).toMatch(/Max core file size\s+0\s+0/);
  });

  test('writes no address of its own network into its log', async () => {
    start(['--log', join(folder, 'log')]).say(hello());
    host.say({ type: 'intent', connected: true, payer: ADDRESS, exits: [{ exitId: 'a' }], closeChannels: true });
    await host.until('a failure', ({ exit }) => exit('a')?.phase === 'failed', 15_000);
    expect(existsSync(join(folder, 'log'))).toBe(true);
    expect(readFileSync(join(folder, 'log'), 'utf8')).not.toMatch(/\d+\.\d+\.\d+\.\d+/);
  });
});
