/**
 * The egress guard against a client that tries everything: each special-purpose range, everything of the home's,
 * false source addresses, other protocols, floods of flows. What it is refused exists and answers, and the provider's
 * own packets do get there; so a refusal is the guard's and nobody else's.
 */
import type { NetworkInterfaceInfo } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { forbiddenPrefixes } from '../../provider/forbidden.ts';
import { RESOLVER_PORT } from '../../shared/wire/control.ts';
import type { Verb } from '../../shared/wire/netd.ts';
import { BESIDE, IANA_V4, IANA_V6 } from '../vectors/special-purpose.ts';
import { keys } from './keys.ts';
import {
  CLIENT_TUNNEL,
  GATEWAY,
  join,
  NEIGHBOUR4,
  type Netd,
  NetdLab,
  type Pair,
  PROVIDER_LAN4,
  PROVIDER4,
  stop,
  WEB4,
  WEB6,
} from './netd-lab.ts';

const program = (name: string) => fileURLToPath(new URL(`./netd-programs/${name}.ts`, import.meta.url));
const PROVIDER6 = '2003:e1::2';
/** A machine in another part of what the carrier gave this home, say its guest network. */
const GUEST6 = '2003:e1:0:42::7';
/** Public-looking, and yet forbidden: the address that STUN told the provider. */
const PUBLIC4 = '93.184.216.99';
const OTHER_CLIENT = { address4: '100.77.9.9', address6: 'fd77:6172:7265::909' } as const;

/** Addresses that Linux lets nobody put on an interface, or routes nowhere: tried all the same. */
const NOWHERE = ['0.', '127.', '255.255.255.255', '::', 'fe80:', '224.', '239.', 'ff0'];
const special = [...IANA_V4, ...IANA_V6, ...BESIDE].map(({ sample }) => sample);
const real = special.filter((address) => !NOWHERE.some((start) => address.startsWith(start)));
const home = [NEIGHBOUR4, PROVIDER_LAN4, PROVIDER4, '84.128.0.1', PUBLIC4, PROVIDER6, '2003:e1::1', GUEST6];
const clients = [OTHER_CLIENT.address4, OTHER_CLIENT.address6];
const forbidden = [...special, ...home, ...clients];

const lab = new NetdLab();
let pair: Pair;
let providerNetd: Netd;
let forbid: string[];

beforeAll(async () => {
  await lab.up();
  const clientNetd = await lab.netd(lab.client, 'client');
  providerNetd = await lab.netd(lab.provider, 'provider');
  pair = await join(await clientNetd.connect(), await providerNetd.connect());
  const other = { publicKey: keys().publicKey, ...OTHER_CLIENT };
  await pair.provider.ask({ verb: 'peer', tunnel: pair.providerTunnel, ...other });
  const own = [...real, PUBLIC4, GUEST6].map((address) => `ip address add ${address} dev lo`);
  await lab.internet.must('sh', '-c', own.join(' && '));
  await Promise.all([
    ...[lab.provider, lab.neighbour].map((space) => lab.echo(space, 'udp', 80)),
    lab.echo(lab.provider, 'tcp', 80),
    ...[25, 81].map((port) => lab.echo(lab.internet, 'tcp', port)),
    lab.echo(lab.provider, 'udp', RESOLVER_PORT, GATEWAY.address4),
    lab.echo(lab.provider, 'tcp', RESOLVER_PORT),
  ]);
  const show = 'console.log(JSON.stringify(require("os").networkInterfaces()))';
  const interfaces: Record<string, NetworkInterfaceInfo[]> = JSON.parse(
    await lab.provider.must(process.execPath, '-e', show),
  );
  forbid = forbiddenPrefixes(interfaces, [PUBLIC4], []);
  await egress();
  for (const address of [CLIENT_TUNNEL, OTHER_CLIENT])
    await pair.provider.ask({ verb: 'gate', tunnel: pair.providerTunnel, ...address, open: true });
  // Whatever its address, the client's own machine delivers nothing: it all goes into the tunnel.
  for (const family of ['-4', '-6']) {
    const own = CLIENT_TUNNEL[family === '-4' ? 'address4' : 'address6'];
    await lab.client.must('ip', family, 'rule', 'add', 'priority', '5', 'from', own, 'lookup', await table(family));
    await lab.client.must('ip', family, 'rule', 'add', 'priority', '10', 'lookup', 'local');
    await lab.client.must('ip', family, 'rule', 'del', 'priority', '0');
  }
  await lab.client.must('sysctl', '-qw', `net.ipv4.conf.${pair.clientTunnel}.route_localnet=1`);
  await lab.provider.nft(WATCH(pair.providerTunnel));
});
afterAll(() => lab.down());

const COUNTERS = ['false4', 'false6', 'local', 'leftFalse', 'odd'] as const;
type Counts = Record<(typeof COUNTERS)[number], number>;
/** Where packets that left were going to. */
type Seen = Counts & { readonly gone: readonly string[] };

/** Counts what comes out of the tunnel under a false address, what reaches a program here, and what leaves. */
const WATCH = (link: string) => `table inet watch {
  ${COUNTERS.map((name) => `counter ${name} { packets 0 bytes 0 }`).join('\n  ')}
  set gone4 { type ipv4_addr; flags dynamic; size 4096; }
  set gone6 { type ipv6_addr; flags dynamic; size 4096; }
  chain in {
    type filter hook prerouting priority -400; policy accept;
    iifname "${link}" ip saddr != ${CLIENT_TUNNEL.address4} counter name false4
    iifname "${link}" ip6 saddr != ${CLIENT_TUNNEL.address6} counter name false6
  }
  chain own {
    type filter hook input priority 100; policy accept;
    iifname "${link}" counter name local
  }
  chain out {
    type filter hook postrouting priority 90; policy accept;
    iifname != "${link}" accept
    # The kernel's own multicast reports on the link.
    oifname "${link}" accept
    add @gone4 { ip daddr }
    add @gone6 { ip6 daddr }
    ip saddr != ${CLIENT_TUNNEL.address4} counter name leftFalse
    ip6 saddr != ${CLIENT_TUNNEL.address6} counter name leftFalse
    ip option lsrr exists counter name odd
    ip option ssrr exists counter name odd
    meta l4proto 47 counter name odd
  }
}
`;

/** What is counted while something is done, and until the answer to a good packet behind it has come. */
async function during(action: () => Promise<unknown>): Promise<Seen> {
  await lab.provider.nft('flush set inet watch gone4\nflush set inet watch gone6\n');
  const before = await counts();
  await action();
  expect(reached(await reachMany(lab.client, 'udp', CLIENT_TUNNEL, 80, [WEB4]))).toEqual([WEB4]);
  const after = await counts();
  for (const name of COUNTERS) after[name] -= before[name];
  return { ...after, gone: [...(await elements('gone4')), ...(await elements('gone6'))] };
}

async function elements(set: string): Promise<readonly string[]> {
  const listed = await lab.provider.must('nft', 'list', 'set', 'inet', 'watch', set);
  return (/elements = \{([^}]*)\}/.exec(listed)?.[1] ?? '').split(',').flatMap((text) => text.trim() || []);
}

async function counts(): Promise<Counts> {
  const listed = await lab.provider.must('nft', 'list', 'counters', 'table', 'inet', 'watch');
  const of = (name: string) => Number(new RegExp(`counter ${name} \\{\\s+packets (\\d+)`).exec(listed)?.[1]);
  return Object.fromEntries(COUNTERS.map((name) => [name, of(name)])) as Counts;
}

const egress = (policy: Partial<Extract<Verb, { verb: 'egress' }>> = {}) =>
  pair.provider.ask({ verb: 'egress', tunnel: pair.providerTunnel, forbid, blockedTcpPorts: [25], ...policy });

async function table(family: string): Promise<string> {
  const rules = await lab.client.must('ip', family, 'rule');
  return /from \S+ lookup (\d{6,})/.exec(rules)?.[1] ?? '';
}

async function reachMany(
  space: typeof lab.client,
  protocol: 'tcp' | 'udp',
  from: { readonly address4: string; readonly address6: string },
  port: number,
  targets: readonly string[],
): Promise<Record<string, string>> {
  const { address4, address6 } = from;
  const args = [program('reach-many'), protocol, address4, address6, String(port), ...targets];
  return JSON.parse(await space.must(process.execPath, ...args));
}

const reached = (results: Record<string, string>) => Object.keys(results).filter((target) => results[target] === 'ok');

describe(`${forbidden.length} forbidden destinations`, () => {
  test('exist and answer: the provider reaches them itself', async () => {
    const own = { address4: PROVIDER4, address6: PROVIDER6 };
    const targets = [...real, PUBLIC4, GUEST6];
    expect(reached(await reachMany(lab.provider, 'tcp', own, 80, targets))).toEqual(targets);
  });

  test.each(['tcp', 'udp'] as const)('are out of reach by %s, and not a packet to them leaves', async (protocol) => {
    const { gone } = await during(async () => {
      expect(reached(await reachMany(lab.client, protocol, CLIENT_TUNNEL, 80, forbidden))).toEqual([]);
    });
    // The good one, and maybe what a connection before still has to say.
    expect(gone).toContain(WEB4);
    expect(gone.filter((address) => ![WEB4, WEB6].includes(address))).toEqual([]);
    expect(reached(await reachMany(lab.client, 'tcp', CLIENT_TUNNEL, 80, [WEB4, WEB6]))).toEqual([WEB4, WEB6]);
  });

  test('mail is not taken from here', async () => {
    expect(reached(await reachMany(lab.client, 'tcp', CLIENT_TUNNEL, 25, [WEB4, WEB6]))).toEqual([]);
  });
});

describe('false source addresses', () => {
  const ipv4 = [
    OTHER_CLIENT.address4,
    '100.99.1.1',
    GATEWAY.address4,
    '10.0.0.5',
    '192.168.2.51',
    '84.128.0.77',
    '8.8.8.8',
  ];
  const ipv6 = [OTHER_CLIENT.address6, 'fd77:6172:7265::1234', GATEWAY.address6, '2003:e1::77', '2606:4700::1111'];
  const all = [...ipv4, ...ipv6];
  async function change(verb: 'add' | 'del'): Promise<void> {
    const [table4, table6] = [await table('-4'), await table('-6')];
    const lines = all.flatMap((address) => {
      const [six, to] = address.includes(':') ? ['nodad', table6] : ['', table4];
      return [
        `ip address ${verb} ${address}/${six ? 128 : 32} dev ${pair.clientTunnel} ${verb === 'add' ? six : ''}`,
        `ip ${six ? '-6' : '-4'} rule ${verb} priority 6 from ${address} lookup ${to}`,
      ];
    });
    await lab.client.must('sh', '-c', lines.join(' && '));
  }
  const targets = [`${WEB4}/80`, `${WEB6}/80`, `${GATEWAY.address4}/53`, `${GATEWAY.address6}/53`];

  beforeAll(async () => {
    await change('add');
  });
  afterAll(() => change('del'));
  const spoof = () => lab.client.must(process.execPath, program('spoof'), all.join(), targets.join());

  test(`${all.length} of them: none gets out of WireGuard`, async () => {
    const { false4, false6 } = await during(spoof);
    expect([false4, false6]).toEqual([0, 0]);
  });

  test('and where WireGuard lets them pass, the guard does not', async () => {
    const peer = ['peer', pair.clientKeys.publicKey, 'allowed-ips', '0.0.0.0/0,::/0'];
    await lab.provider.must('wg', 'set', pair.providerTunnel, ...peer);
    const counted = await during(spoof);
    // Three packets to two places; the other client's address is still its own.
    expect(counted.false4).toBe((ipv4.length - 1) * 2 * 3);
    expect(counted.false6).toBe((ipv6.length - 1) * 2 * 3);
    expect(counted).toMatchObject({ local: 0, leftFalse: 0 });
    const own = `${CLIENT_TUNNEL.address4}/32,${CLIENT_TUNNEL.address6}/128`;
    await lab.provider.must('wg', 'set', pair.providerTunnel, 'peer', pair.clientKeys.publicKey, 'allowed-ips', own);
  });

  test('a route of stations in the packet is not followed', async () => {
    // Strict or loose, to a public station first: only the option tells where it is to go then.
    const send = (kind: number) =>
      `use Socket; socket(my $s, AF_INET, SOCK_DGRAM, 17); bind($s, pack_sockaddr_in(0, inet_aton("${CLIENT_TUNNEL.address4}")));` +
      `setsockopt($s, 0, 4, pack("C3", ${kind}, 7, 4) . inet_aton("${WEB4}") . "\\0") or die;` +
      `send($s, "x", 0, pack_sockaddr_in(80, inet_aton("${NEIGHBOUR4}"))) or die $!;`;
    const { odd } = await during(async () => {
      for (const kind of [131, 137]) await lab.client.must('perl', '-e', send(kind));
    });
    expect(odd).toBe(0);
    const rules = await lab.provider.must('nft', 'list', 'chain', 'inet', pair.providerTunnel, 'source');
    expect(rules).toMatch(/lsrr exists counter packets 1 /);
    expect(rules).toMatch(/ssrr exists counter packets 1 /);
  });
});

test('nobody but a client reaches the gateway, also not under the name of one', async () => {
  await lab.neighbour.must('ip', 'route', 'add', `${GATEWAY.address4}/32`, 'via', PROVIDER_LAN4);
  await lab.neighbour.must('ip', 'address', 'add', `${CLIENT_TUNNEL.address4}/32`, 'dev', 'lan');
  const from = (address4: string, protocol: 'tcp' | 'udp') =>
    reachMany(lab.neighbour, protocol, { address4, address6: '::' }, RESOLVER_PORT, [GATEWAY.address4]);
  const tries = [NEIGHBOUR4, CLIENT_TUNNEL.address4].flatMap((own) => [from(own, 'tcp'), from(own, 'udp')]);
  expect((await Promise.all(tries)).flatMap(reached)).toEqual([]);
  const chain = await lab.provider.must('nft', 'list', 'chain', 'inet', pair.providerTunnel, 'input');
  expect(Number(/ip daddr 100\.64\.0\.1 counter packets (\d+)/.exec(chain)?.[1])).toBeGreaterThanOrEqual(4);
  expect(await lab.client.reach('udp', CLIENT_TUNNEL.address4, GATEWAY.address4, 53)).toBe('ok');
});

test('nothing but TCP, UDP and echo is carried', async () => {
  const send = (from: string) =>
    `use Socket; socket(my $s, AF_INET, SOCK_RAW, 47); bind($s, pack_sockaddr_in(0, inet_aton("${from}")));` +
    `send($s, "x" x 20, 0, pack_sockaddr_in(0, inet_aton("${WEB4}"))) or die $!;`;
  const { odd } = await during(() => lab.client.must('perl', '-e', send(CLIENT_TUNNEL.address4)));
  expect(odd).toBe(0);
  const chain = await lab.provider.must('nft', 'list', 'chain', 'inet', pair.providerTunnel, 'up');
  expect(chain).toMatch(/l4proto != \{.*\} counter packets 1 /);
});

describe('the limits of its owner', () => {
  const crowd = async (protocol: 'tcp' | 'udp', count: number) => {
    const args = [program('crowd'), protocol, CLIENT_TUNNEL.address4, WEB4, '80', String(count)];
    return Number(await lab.client.must(process.execPath, ...args));
  };

  test('so many connections at once', async () => {
    await egress({ maxConnections: 8 });
    expect(await crowd('tcp', 30)).toBe(8);
  });

  test('so many new flows in a second, and five times as many at once; what flows goes on', async () => {
    await egress({ newFlowsPerSecond: 5 });
    const flood = await lab.flood(lab.client, CLIENT_TUNNEL.address4, WEB4, 80, 1_000);
    // By who arrives, not by who is answered: a busy web server loses datagrams that were let through.
    await lab.internet.nft(`table inet crowd {
  set flows { type inet_service; size 1024; flags dynamic; }
  chain in {
    type filter hook prerouting priority -400; policy accept;
    iifname "pro" ip daddr ${WEB4} udp dport 80 add @flows { udp sport }
  }
}
`);
    await crowd('udp', 300);
    const flows = await lab.internet.must('nft', '-j', 'list', 'set', 'inet', 'crowd', 'flows');
    const passed = (/"elem": \[([\d, ]*)\]/.exec(flows)?.[1] ?? '').split(',').length;
    expect(passed).toBeGreaterThanOrEqual(20);
    expect(passed).toBeLessThanOrEqual(40);
    const { sent, received } = await flood.counts;
    expect(received).toBe(sent);
  });

  test('only some ports, or not some', async () => {
    await egress({ allowedPorts: [80] });
    expect(reached(await reachMany(lab.client, 'tcp', CLIENT_TUNNEL, 81, [WEB4, WEB6]))).toEqual([]);
    expect(reached(await reachMany(lab.client, 'tcp', CLIENT_TUNNEL, 80, [WEB4, WEB6]))).toEqual([WEB4, WEB6]);
    await egress({ blockedUdpPorts: [80] });
    expect(reached(await reachMany(lab.client, 'udp', CLIENT_TUNNEL, 80, [WEB4]))).toEqual([]);
    expect(reached(await reachMany(lab.client, 'tcp', CLIENT_TUNNEL, 81, [WEB4, WEB6]))).toEqual([WEB4, WEB6]);
    await egress();
  });
});

test('TCP is told segments that fit the tunnel, whatever the client believes', async () => {
  await lab.client.must('ip', 'link', 'set', 'dev', pair.clientTunnel, 'mtu', '1500');
  await lab.internet.nft(`table inet seen {
  chain in {
    type filter hook prerouting priority -400; policy accept;
    iifname "pro" tcp flags syn ip daddr ${WEB4} tcp option maxseg size > 1240 counter comment "too large"
    iifname "pro" tcp flags syn ip6 daddr ${WEB6} tcp option maxseg size > 1220 counter comment "too large"
    iifname "pro" tcp flags syn counter comment "all"
  }
}
`);
  expect(reached(await reachMany(lab.client, 'tcp', CLIENT_TUNNEL, 80, [WEB4, WEB6]))).toEqual([WEB4, WEB6]);
  const seen = await lab.internet.must('nft', 'list', 'table', 'inet', 'seen');
  expect([...seen.matchAll(/packets (\d+) bytes \d+ comment "too large"/g)].map(([, n]) => n)).toEqual(['0', '0']);
  expect(Number(/packets (\d+) bytes \d+ comment "all"/.exec(seen)?.[1])).toBeGreaterThanOrEqual(2);
});

test('all of it is one table, in force also when netd was killed, and reaped by the next one', async () => {
  const tables = async () => (await lab.provider.must('nft', 'list', 'tables')).split('\n').filter(Boolean);
  expect((await tables()).filter((line) => !/watch|warren_belt/.test(line))).toEqual([
    `table inet ${pair.providerTunnel}`,
  ]);
  // Killed, its rules stay in force; whoever comes after it takes them away, whole.
  await stop(providerNetd.child, 'SIGKILL');
  expect(
    reached(await reachMany(lab.client, 'tcp', CLIENT_TUNNEL, 80, [NEIGHBOUR4, PROVIDER4, PUBLIC4, GUEST6])),
  ).toEqual([]);
  expect(await tables()).toContain(`table inet ${pair.providerTunnel}`);
  await lab.netd(lab.provider, 'successor');
  expect((await tables()).filter((line) => line.includes('wrn'))).toEqual([]);
});
