/**
 * One behaviour, two drivers: the control socket of wireguard-go, and wg(8), which is how the kernel's
 * WireGuard is driven. wg(8) speaks to wireguard-go too, so both run here whatever the kernel has.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { find } from '../../native-host/netd/commands.ts';
import { freshTunnelName } from '../../native-host/netd/marks.ts';
import type { WireGuard } from '../../native-host/netd/wireguard.ts';
import { WireGuardGo } from '../../native-host/netd/wireguard-go.ts';
import { WireGuardTool } from '../../native-host/netd/wireguard-tool.ts';
import { MEMORY } from '../memory.ts';
import { keys } from './keys.ts';
import { run } from './netd-lab.ts';

const runtime = mkdtempSync(`${MEMORY}/warren-wg-`);
const userspace = new WireGuardGo(find('wireguard-go') ?? 'wireguard-go');
const tool = new WireGuardTool(
  { ip: find('ip') ?? '', nft: '', tc: '', wg: find('wg') ?? '', perl: null, wireguardGo: null },
  runtime,
);
afterAll(() => rmSync(runtime, { recursive: true, force: true }));

describe.each<readonly [string, WireGuard]>([
  ['the control socket', userspace],
  ['wg(8)', tool],
])('%s', (_name, wireguard) => {
  const link = freshTunnelName();
  const peer = keys();
  // No address, no route, and endpoints on loopback only: no packet leaves this machine.
  beforeAll(() => userspace.add(link));
  afterAll(() => userspace.remove(link));

  test('configures a device and reads its port back', async () => {
    await wireguard.configure(link, { privateKey: keys().privateKey, listenPort: 40777 });
    expect(await wireguard.listenPort(link)).toBe(40777);
    await wireguard.setListenPort(link, 40778);
    expect(await wireguard.listenPort(link)).toBe(40778);
  });

  test('sets a peer, and changes only what is given', async () => {
    const presharedKey = keys().privateKey;
    await wireguard.setPeer(link, {
      publicKey: peer.publicKey,
      presharedKey,
      endpoint: { address: '127.0.0.1', port: 9 },
      allowedIps: ['100.77.0.2/32', 'fd77:6172:7265::2/128'],
      keepaliveSeconds: 25,
    });
    expect(await wireguard.peers(link)).toMatchObject([
      {
        publicKey: peer.publicKey,
        endpoint: { address: '127.0.0.1', port: 9 },
        handshakeAt: 0,
        rxBytes: 0,
      },
    ]);
    await wireguard.setPeer(link, {
      publicKey: peer.publicKey,
      endpoint: { address: '::1', port: 9 },
      allowedIps: ['100.77.0.3/32'],
    });
    const shown = (await run('wg', ['show', link, 'dump'])).stdout.split('\n')[1]?.split('\t') ?? [];
    expect(shown.slice(0, 4)).toEqual([peer.publicKey, presharedKey, '[::1]:9', '100.77.0.3/32']);
    expect(shown[7]).toBe('25');
  });

  test('removes a peer', async () => {
    await wireguard.removePeer(link, peer.publicKey);
    expect(await wireguard.peers(link)).toEqual([]);
  });

  test('leaves no key in any file', () => {
    expect(readdirSync(runtime)).toEqual([]);
  });
});
