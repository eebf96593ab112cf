/**
 * Whatever breaks, a packet that bears the tunnel's address leaves through the tunnel or not at all. The
 * internet side counts what arrives from the client beside WireGuard's own packets, IPv4 and IPv6.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { EMULATED, PATIENCE } from '../patience.ts';
import { BACK_END } from './back-end.ts';
import {
  CLIENT_TUNNEL,
  join,
  type Namespace,
  type Netd,
  NetdLab,
  type Pair,
  run,
  stop,
  until,
  WEB4,
  WEB6,
} from './netd-lab.ts';

const lab = new NetdLab();
let clientNetd: Netd;
let providerNetd: Netd;
let pair: Pair;

beforeAll(async () => {
  await lab.up();
  clientNetd = await lab.netd(lab.client, 'client');
  providerNetd = await lab.netd(lab.provider, 'provider');
});
afterAll(() => lab.down());

beforeEach(async () => {
  pair = await join(await clientNetd.connect(), await providerNetd.connect());
  const { provider, providerTunnel: tunnel } = pair;
  await provider.ask({ verb: 'egress', tunnel, forbid: [], blockedTcpPorts: [25] });
  await provider.ask({ verb: 'gate', tunnel, ...CLIENT_TUNNEL, open: true });
  await lab.internet.nft(`table inet watch
delete table inet watch
table inet watch {
  chain arrived {
    type filter hook prerouting priority -400; policy accept;
    iifname "cli" udp sport ${pair.clientPort} udp dport ${pair.providerPort} accept
    iifname "cli" ip protocol icmp icmp type destination-unreachable accept
    iifname "cli" meta nfproto ipv4 counter comment "leaked"
    iifname "cli" icmpv6 type != { echo-request, echo-reply } accept
    iifname "cli" meta nfproto ipv6 counter comment "leaked"
  }
}
`);
});
afterEach(async () => {
  await pair.client.close();
  await pair.provider.close();
});

async function leaked(): Promise<number> {
  return sum(await counters(lab.internet, 'watch'));
}

async function beltDrops(): Promise<number> {
  return sum(await counters(lab.client, 'warren_belt'));
}

/** Attempts made by the application over each family, counted before the belt: nothing arrives unless something was sent. */
async function attempts(): Promise<readonly number[]> {
  return counters(lab.client, 'attempts');
}

async function counters(space: Namespace, table: string): Promise<readonly number[]> {
  const listed = await space.must('nft', 'list', 'table', 'inet', table);
  return [...listed.matchAll(/counter packets (\d+)/g)].map((match) => Number(match[1]));
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

const pidOfWireGuardGo = async (): Promise<number> => {
  const { stdout } = await run('ip', ['netns', 'pids', lab.client.name]);
  const pid = stdout.split('\n').find((p) => p && readFileSync(`/proc/${p}/cmdline`, 'utf8').includes('wireguard-go'));
  return Number(pid);
};

const reaches = (protocol: 'tcp' | 'udp', from: string, to: string) =>
  until(`${protocol} to ${to}`, async () => (await lab.client.reach(protocol, from, to, 80)) === 'ok');

type Fault = readonly [string, (link: string) => Promise<unknown> | unknown];

/** The kernel's WireGuard is no process: deleting its link is all that can happen to it. */
const OF_ITS_PROCESS: readonly Fault[] =
  BACK_END === 'kernel'
    ? []
    : [['wireguard-go is killed', async () => process.kill(await pidOfWireGuardGo(), 'SIGKILL')]];

const FAULTS: readonly Fault[] = [
  ['the link is deleted', (link) => lab.client.must('ip', 'link', 'del', link)],
  [
    'its whole table is flushed',
    async () => {
      for (const family of ['-4', '-6']) await lab.client.must('ip', family, 'route', 'flush', 'table', tableOf());
    },
  ],
  ['the ip rule is removed', () => lab.client.must('ip', 'rule', 'del', 'priority', '1000')],
  [
    'netd is killed, and its successor cleans up',
    async () => {
      await stop(clientNetd.child, 'SIGKILL');
      clientNetd = await lab.netd(lab.client, 'client');
    },
  ],
];

/** In these the machine's routes decide, and the link only carries or not: an emulated processor has no time for them. */
const MORE_FAULTS: readonly Fault[] = [
  ['the link goes down', (link) => lab.client.must('ip', 'link', 'set', link, 'down')],
  [
    'the default route is removed',
    (link) => lab.client.must('ip', 'route', 'del', 'default', 'dev', link, 'table', tableOf()),
  ],
  [
    'the ip rule is removed and the link goes down',
    async (link) => {
      await lab.client.must('ip', 'rule', 'del', 'priority', '1000');
      await lab.client.must('ip', 'link', 'set', link, 'down');
    },
  ],
  [
    'netd is killed and the link deleted',
    async (link) => {
      await stop(clientNetd.child, 'SIGKILL');
      await lab.client.must('ip', 'rule', 'del', 'priority', '1000');
      await lab.client.must('ip', 'link', 'del', link);
      clientNetd = await lab.netd(lab.client, 'client');
    },
  ],
];

function tableOf(): string {
  const rules = execFileSync('ip', ['netns', 'exec', lab.client.name, 'ip', 'rule'], { encoding: 'utf8' });
  return /from \S+ lookup (\d+) proto/.exec(rules)?.[1] ?? '';
}

test.each([...OF_ITS_PROCESS, ...FAULTS, ...(EMULATED ? [] : MORE_FAULTS)])(
  'nothing leaks when %s',
  async (_what, fault) => {
    await lab.client.nft(`table inet attempts
delete table inet attempts
table inet attempts {
  chain sent {
    type filter hook output priority -400; policy accept;
    ip saddr ${CLIENT_TUNNEL.address4} counter
    ip6 saddr ${CLIENT_TUNNEL.address6} counter
  }
}
`);
    const drips = [
      await lab.probe(lab.client, 'drip', CLIENT_TUNNEL.address4, WEB4, '80'),
      await lab.probe(lab.client, 'drip', CLIENT_TUNNEL.address6, WEB6, '80'),
    ];
    await until('traffic flows through the tunnel', async () => (await attempts()).every((count) => count > 20));
    await reaches('udp', CLIENT_TUNNEL.address4, WEB4);
    await reaches('tcp', CLIENT_TUNNEL.address6, WEB6);
    // An application that does not give up: for a second a datagram a millisecond, and new connections.
    const flood = await lab.flood(lab.client, CLIENT_TUNNEL.address4, WEB4, 80, 1_000);
    await fault(pair.clientTunnel);
    expect(await lab.client.reach('udp', CLIENT_TUNNEL.address4, WEB4, 80)).not.toBe('ok');
    expect((await flood.counts).sent).toBeGreaterThan(100 / PATIENCE);
    for (const drip of drips) await stop(drip, 'SIGKILL');
    expect(await leaked()).toBe(0);
  },
);

test('without the belt the same fault would leak (so the count above can fail)', async () => {
  await lab.client.nft('flush chain inet warren_belt belt\n');
  await lab.client.must('ip', 'rule', 'del', 'priority', '1000');
  await lab.client.reach('udp', CLIENT_TUNNEL.address4, WEB4, 80);
  expect(await leaked()).toBeGreaterThan(0);
  await stop(clientNetd.child, 'SIGKILL');
  clientNetd = await lab.netd(lab.client, 'client');
});

test('the belt counts what it dropped', async () => {
  const before = await beltDrops();
  await lab.client.must('ip', 'rule', 'del', 'priority', '1000');
  await lab.client.reach('udp', CLIENT_TUNNEL.address4, WEB4, 80);
  expect(await beltDrops()).toBeGreaterThan(before);
  expect(await leaked()).toBe(0);
});
