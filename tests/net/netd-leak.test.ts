/**
 * Whatever breaks, a packet that bears the tunnel's address leaves through the tunnel or not at all. The
 * internet side counts what arrives from the client beside WireGuard's own packets.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { CLIENT_TUNNEL, join, type Netd, NetdLab, type Pair, run, stop, until, WEB4 } from './netd-lab.ts';

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
  }
}
`);
});
afterEach(async () => {
  await pair.client.close();
  await pair.provider.close();
});

async function leaked(): Promise<number> {
  const listed = await lab.internet.must('nft', 'list', 'table', 'inet', 'watch');
  return Number(/counter packets (\d+)/.exec(listed)?.[1]);
}

async function beltDrops(): Promise<number> {
  const listed = await lab.client.must('nft', 'list', 'table', 'inet', 'warren_belt');
  return [...listed.matchAll(/counter packets (\d+)/g)].reduce((sum, match) => sum + Number(match[1]), 0);
}

/** Attempts made by the application, counted before the belt: nothing arrives unless something was sent. */
async function attempts(): Promise<number> {
  const listed = await lab.client.must('nft', 'list', 'table', 'inet', 'attempts');
  return Number(/counter packets (\d+)/.exec(listed)?.[1]);
}

const pidOfWireGuardGo = async (): Promise<number> => {
  const { stdout } = await run('ip', ['netns', 'pids', lab.client.name]);
  const pid = stdout.split('\n').find((p) => p && readFileSync(`/proc/${p}/cmdline`, 'utf8').includes('wireguard-go'));
  return Number(pid);
};

const FAULTS: readonly (readonly [string, (link: string) => Promise<unknown> | unknown])[] = [
  ['the link is deleted', (link) => lab.client.must('ip', 'link', 'del', link)],
  ['wireguard-go is killed', async () => process.kill(await pidOfWireGuardGo(), 'SIGKILL')],
  ['the link goes down', (link) => lab.client.must('ip', 'link', 'set', link, 'down')],
  [
    'the default route is removed',
    (link) => lab.client.must('ip', 'route', 'del', 'default', 'dev', link, 'table', tableOf()),
  ],
  ['the ip rule is removed', () => lab.client.must('ip', 'rule', 'del', 'priority', '1000')],
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

test.each(FAULTS)('nothing leaks when %s', async (_what, fault) => {
  await lab.client.nft(`table inet attempts
delete table inet attempts
table inet attempts {
  chain sent {
    type filter hook output priority -400; policy accept;
    ip saddr ${CLIENT_TUNNEL.address4} counter
  }
}
`);
  const drip = await lab.probe(lab.client, 'drip', CLIENT_TUNNEL.address4, WEB4, '80');
  await until('traffic flows through the tunnel', async () => (await attempts()) > 20);
  expect(await lab.client.reach('udp', CLIENT_TUNNEL.address4, WEB4, 80)).toBe('ok');
  // An application that does not give up: for two seconds a datagram a millisecond, and new connections.
  const flood = await lab.flood(lab.client, CLIENT_TUNNEL.address4, WEB4, 80, 2_000);
  await fault(pair.clientTunnel);
  const still = await lab.client.reach('udp', CLIENT_TUNNEL.address4, WEB4, 80);
  expect(still).not.toBe('ok');
  expect((await flood.counts).sent).toBeGreaterThan(500);
  await stop(drip, 'SIGKILL');
  expect(await leaked()).toBe(0);
});

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
