/** How fast the gate stops a stranger, and what stands before it; what he may never reach: netd-guard.test.ts. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RESOLVER_PORT } from '../../shared/wire/control.ts';
import { keys } from './keys.ts';
import {
  CLIENT_TUNNEL,
  GATEWAY,
  join,
  type Netd,
  NetdLab,
  type Pair,
  PROVIDER_LAN4,
  PROVIDER4,
  until,
  WEB4,
  WEB6,
} from './netd-lab.ts';

const SECOND = { address4: '100.99.1.2', address6: 'fd77:6172:7265::9912' } as const;

const lab = new NetdLab();
let clientNetd: Netd;
let providerNetd: Netd;
let pair: Pair;

beforeAll(async () => {
  await lab.up();
  clientNetd = await lab.netd(lab.client, 'client');
  providerNetd = await lab.netd(lab.provider, 'provider');
  pair = await join(await clientNetd.connect(), await providerNetd.connect());
  await lab.echo(lab.provider, 'tcp', 80);
  await lab.echo(lab.provider, 'tcp', 7077);
  await lab.echo(lab.provider, 'tcp', 22);
  await lab.echo(lab.provider, 'udp', RESOLVER_PORT, GATEWAY.address4);
});
afterAll(() => lab.down());

const reach = (host: string, port: number, from: string = CLIENT_TUNNEL.address4) =>
  lab.client.reach('tcp', from, host, port);
const reach6 = (host: string, port: number) => reach(host, port, CLIENT_TUNNEL.address6);
const gate = (open: boolean) =>
  pair.provider.ask({ verb: 'gate', tunnel: pair.providerTunnel, ...CLIENT_TUNNEL, open });
const egress = (extra: { readonly perClientKbps?: number } = {}) =>
  pair.provider.ask({
    verb: 'egress',
    tunnel: pair.providerTunnel,
    forbid: ['192.168.2.0/24', '2003:e1::/64'],
    blockedTcpPorts: [25, 465, 587],
    ...extra,
  });

describe('before anything is allowed', () => {
  test('the gateway answers its control channel and resolver, and nothing is forwarded', async () => {
    expect(await reach(GATEWAY.address4, 7077)).toBe('ok');
    expect(await reach6(GATEWAY.address6, 7077)).toBe('ok');
    expect(await lab.client.reach('udp', CLIENT_TUNNEL.address4, GATEWAY.address4, 53)).toBe('ok');
    expect(await reach(WEB4, 80)).not.toBe('ok');
  });

  test('the other services of the home are out of reach', async () => {
    expect(await reach(GATEWAY.address4, 22)).not.toBe('ok');
    expect(await reach(PROVIDER4, 22)).not.toBe('ok');
    expect(await reach(PROVIDER_LAN4, 7077)).not.toBe('ok');
  });

  test('with the egress set but the gate closed, still nothing is forwarded', async () => {
    await egress();
    expect(await reach(WEB4, 80)).not.toBe('ok');
    expect(await reach(GATEWAY.address4, 7077)).toBe('ok');
  });
});

describe('with the gate open', () => {
  beforeAll(async () => {
    await egress();
    await gate(true);
  });

  test('the web is reached over IPv4 and IPv6, from the address of the home', async () => {
    expect(await reach(WEB4, 80)).toBe('ok');
    expect(await reach6(WEB6, 80)).toBe('ok');
    const conntrack = await lab.provider.must('conntrack', '-L');
    expect(conntrack).toMatch(new RegExp(`src=${CLIENT_TUNNEL.address4} dst=${WEB4} .*src=${WEB4} dst=${PROVIDER4}`));
  });

  test('another client is out of reach, even of one whose gate is open', async () => {
    const own = await clientNetd.connect();
    const other = keys();
    const { tunnel } = await own.ask({
      verb: 'create',
      role: 'client',
      privateKey: other.privateKey,
      ...SECOND,
      mtu: 1280,
    });
    await pair.provider.ask({ verb: 'peer', tunnel: pair.providerTunnel, publicKey: other.publicKey, ...SECOND });
    await own.ask({
      verb: 'peer',
      tunnel,
      publicKey: pair.providerKeys.publicKey,
      endpoint: { address: PROVIDER4, port: pair.providerPort },
      keepaliveSeconds: 25,
    });
    await pair.provider.ask({ verb: 'gate', tunnel: pair.providerTunnel, ...SECOND, open: true });
    await until('the second client reaches the web', async () => (await reach(WEB4, 80, SECOND.address4)) === 'ok');
    const rules = async () => lab.provider.must('nft', 'list', 'chain', 'inet', pair.providerTunnel, 'up');
    const refused = async () => Number(/oifname "wrn\w+" counter packets (\d+)/.exec(await rules())?.[1]);
    const before = await refused();
    // Both live in this namespace, where the kernel would deliver locally: force it through the tunnel.
    await lab.client.must(
      'ip',
      'rule',
      'add',
      'priority',
      '5',
      'from',
      SECOND.address4,
      'to',
      CLIENT_TUNNEL.address4,
      'lookup',
      await tableOf(SECOND.address4),
    );
    await lab.client.must('ip', 'rule', 'del', 'priority', '0');
    await lab.client.must('ip', 'rule', 'add', 'priority', '10', 'lookup', 'local');
    expect(await reach(CLIENT_TUNNEL.address4, 80, SECOND.address4)).not.toBe('ok');
    expect(await refused()).toBeGreaterThan(before);
    await lab.client.must('ip', 'rule', 'del', 'priority', '5');
    await own.close();
    await pair.provider.ask({ verb: 'unpeer', tunnel: pair.providerTunnel, publicKey: other.publicKey });
  });

  test('closing stops a flow that is under way within 100 ms, opening lets it go on', async () => {
    const flood = await lab.flood(lab.client, CLIENT_TUNNEL.address4, WEB4, 80, 2_500);
    await lab.provider.nft(`table inet watch {
  chain out { type filter hook postrouting priority 200; policy accept; oifname "wan" ip daddr ${WEB4} udp dport 80 counter; }
}
`);
    const forwarded = async (): Promise<number> => {
      const listed = await lab.provider.must('nft', 'list', 'table', 'inet', 'watch');
      return Number(/counter packets (\d+)/.exec(listed)?.[1]);
    };
    const start = await forwarded();
    await until('the flow is under way', async () => (await forwarded()) > start + 100);
    const asked = performance.now();
    await gate(false);
    const took = performance.now() - asked;
    const atClose = await forwarded();
    expect(took).toBeLessThan(100);
    expect(await reach(GATEWAY.address4, 7077)).toBe('ok');
    expect(await forwarded()).toBe(atClose);
    const reopened = performance.now();
    await gate(true);
    expect(performance.now() - reopened).toBeLessThan(100);
    const { sent, received } = await flood.counts;
    expect(received).toBeGreaterThan(200);
    expect(received).toBeLessThan(sent - 20);
    expect(await reach(WEB4, 80)).toBe('ok');
  });

  test('answers stop too: the gate closes both directions', async () => {
    await gate(false);
    const chain = await lab.provider.must('nft', 'list', 'chain', 'inet', pair.providerTunnel, 'down');
    expect(chain.indexOf('ip daddr != @open4 drop')).toBeLessThan(chain.indexOf('ct state'));
    await gate(true);
  });

  test('a per-client rate is kept within a quarter', async () => {
    await egress({ perClientKbps: 200 });
    // 64 bytes each millisecond, and 28 of headers: 736 kbit/s offered, 200 pass once the bucket is empty.
    const flood = await lab.flood(lab.client, CLIENT_TUNNEL.address4, WEB4, 80, 4_000);
    const { sent, received } = await flood.counts;
    expect(received).toBeLessThan(sent);
    const seconds = 4;
    const kbps = ((received * 92 - 25_000 - 65_536) * 8) / 1000 / seconds;
    expect(kbps).toBeGreaterThan(150);
    expect(kbps).toBeLessThan(250);
    await egress();
  });

  test('TCP is told segments that fit the tunnel, in both directions', async () => {
    const up = await lab.provider.must('nft', 'list', 'table', 'inet', pair.providerTunnel);
    expect(up.match(/maxseg size set rt mtu/g)).toHaveLength(2);
  });
});

test('a peer that is removed loses its gate', async () => {
  await pair.provider.ask({ verb: 'unpeer', tunnel: pair.providerTunnel, publicKey: pair.clientKeys.publicKey });
  const set = await lab.provider.must('nft', 'list', 'set', 'inet', pair.providerTunnel, 'open4');
  expect(set).not.toContain(CLIENT_TUNNEL.address4);
  await expect(gate(true)).rejects.toMatchObject({ code: 'netd_refused' });
  const routes = await lab.provider.must('ip', 'route', 'show', 'table', 'all');
  expect(routes).not.toContain(CLIENT_TUNNEL.address4);
});

async function tableOf(address: string): Promise<string> {
  const rules = await lab.client.must('ip', 'rule');
  return new RegExp(`from ${address} lookup (\\d+)`).exec(rules)?.[1] ?? '';
}
