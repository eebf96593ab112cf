/**
 * One session's life with the kernel's WireGuard at both ends, step by step: it connects, routes by policy,
 * is gated and counted, changes its ports a hundred times under a steady flow, and roams.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PeerState } from '../../native-host/netd/wireguard.ts';
import { RESOLVER_PORT } from '../../shared/wire/control.ts';
import {
  CLIENT_TUNNEL,
  CLIENT4,
  GATEWAY,
  join,
  type Netd,
  NetdLab,
  type Pair,
  PROVIDER4,
  stop,
  until,
  WEB4,
  WEB6,
} from '../net/netd-lab.ts';

const ROTATIONS = 100;
/** Packets a second: what an emulated machine carries for minutes. */
const RATE = 100;
const CLIENT_PORTS = [40_001, 40_002] as const;
const PROVIDER_PORTS = [40_101, 40_102] as const;
const ROAMED4 = '90.0.0.3';

const lab = new NetdLab();
let clientNetd: Netd;
let providerNetd: Netd;
let pair: Pair;

beforeAll(async () => {
  await lab.up();
  clientNetd = await lab.netd(lab.client, 'client');
  providerNetd = await lab.netd(lab.provider, 'provider');
  pair = await join(await clientNetd.connect(), await providerNetd.connect());
  await lab.hold(lab.client, ...CLIENT_PORTS);
  await lab.hold(lab.provider, ...PROVIDER_PORTS);
});
afterAll(() => lab.down());

const reach4 = (host: string, port: number) => lab.client.reach('tcp', CLIENT_TUNNEL.address4, host, port);
const reach6 = (host: string, port: number) => lab.client.reach('tcp', CLIENT_TUNNEL.address6, host, port);
const gate = (open: boolean) =>
  pair.provider.ask({ verb: 'gate', tunnel: pair.providerTunnel, ...CLIENT_TUNNEL, open });

/** What an end knows of its only peer. */
async function peerOf(end: 'client' | 'provider'): Promise<PeerState> {
  const tunnel = end === 'client' ? pair.clientTunnel : pair.providerTunnel;
  const [peer] = (await pair[end].ask({ verb: 'counters', tunnel })).peers;
  if (!peer) throw new Error(`the ${end} has no peer`);
  return peer;
}

/** Both ends keep two ports open, and send from one of theirs. */
const sendFrom = {
  client: (send: number) =>
    pair.client.ask({ verb: 'splice', tunnel: pair.clientTunnel, accept: [...CLIENT_PORTS], send }),
  provider: (send: number) =>
    pair.provider.ask({ verb: 'splice', tunnel: pair.providerTunnel, accept: [...PROVIDER_PORTS], send }),
};

const pointClientAt = (port: number) =>
  pair.client.ask({
    verb: 'peer',
    tunnel: pair.clientTunnel,
    publicKey: pair.providerKeys.publicKey,
    endpoint: { address: PROVIDER4, port },
    keepaliveSeconds: 25,
  });

/** What each link and each machine counted: where a packet was lost. */
async function statistics(): Promise<string> {
  const of = async (space: typeof lab.client): Promise<string> =>
    `${await space.must('ip', '-s', 'link')}\n${await space.must('cat', '/proc/net/snmp')}`;
  return `client: ${await of(lab.client)}\nprovider: ${await of(lab.provider)}`;
}

test('what bears the tunnel address goes through the tunnel, and only that', async () => {
  for (const [address, remote] of [
    [CLIENT_TUNNEL.address4, WEB4],
    [CLIENT_TUNNEL.address6, WEB6],
  ] as const) {
    expect(await lab.client.must('ip', 'route', 'get', remote, 'from', address)).toContain(`dev ${pair.clientTunnel}`);
    expect(await lab.client.must('ip', 'route', 'get', remote)).toContain('dev wan');
  }
});

test('a closed gate forwards nothing, an open one IPv4 and IPv6; both ends count the same', async () => {
  await pair.provider.ask({ verb: 'egress', tunnel: pair.providerTunnel, forbid: [], blockedTcpPorts: [25] });
  expect(await reach4(WEB4, 80)).not.toBe('ok');
  await gate(true);
  expect(await reach4(WEB4, 80)).toBe('ok');
  expect(await reach6(WEB6, 80)).toBe('ok');
  await gate(false);
  expect(await reach4(WEB4, 80)).not.toBe('ok');
  await gate(true);
  await until('what one sent, the other received', async () => {
    const [client, provider] = [await peerOf('client'), await peerOf('provider')];
    return client.txBytes === provider.rxBytes && provider.txBytes === client.rxBytes && client.rxBytes > 0;
  });
});

test(`${ROTATIONS} changes of port under a steady flow, 0 packets lost`, async () => {
  await sendFrom.provider(PROVIDER_PORTS[0]);
  await sendFrom.client(CLIENT_PORTS[0]);
  await pointClientAt(PROVIDER_PORTS[0]);
  const echo = await lab.echo(lab.provider, 'udp', RESOLVER_PORT, GATEWAY.address4);
  const flood = await lab.probe(
    lab.client,
    ...['flood-until', CLIENT_TUNNEL.address4, GATEWAY.address4, '53', String(RATE)],
  );
  await until('the flow is there', async () => (await peerOf('provider')).endpoint?.port === CLIENT_PORTS[0]);
  for (let n = 0; n < ROTATIONS; n++) {
    // In turn; whoever does not rotate has to follow by itself, as WireGuard does.
    const [mover, follower, ports] =
      n % 2 === 0 ? (['client', 'provider', CLIENT_PORTS] as const) : (['provider', 'client', PROVIDER_PORTS] as const);
    const next = ports[n % 4 < 2 ? 1 : 0];
    await sendFrom[mover](next);
    await until(`rotation ${n}`, async () => (await peerOf(follower)).endpoint?.port === next);
  }
  const { sent, received, gaps } = await lab.report(flood);
  console.log(`${ROTATIONS} changes of port: ${sent} packets sent, ${received} came back, gaps: ${gaps}`);
  if (received !== sent) console.log(await statistics());
  expect(sent).toBeGreaterThan(ROTATIONS);
  expect(received).toBe(sent);
  await stop(echo, 'SIGKILL');
});

test('a client whose address changes is followed', async () => {
  await lab.client.must('ip', 'address', 'del', `${CLIENT4}/24`, 'dev', 'wan');
  await lab.client.must('ip', 'address', 'add', `${ROAMED4}/24`, 'dev', 'wan');
  await lab.client.must('ip', 'route', 'replace', 'default', 'via', '90.0.0.1');
  // As the host does once a path from the new address is there: wireguard-go holds on to the old one until then.
  await pointClientAt(PROVIDER_PORTS[0]);
  await until('traffic flows again', async () => (await reach4(WEB4, 80)) === 'ok', 10_000);
  expect((await peerOf('provider')).endpoint?.address).toBe(ROAMED4);
});
