/** netd against a caller that may talk to it and means harm: a hundred thousand frames, and other callers' tunnels. */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TunnelDevice } from '../../shared/effects.ts';
import type { Verb } from '../../shared/wire/netd.ts';
import { keys } from './keys.ts';
import { CLIENT_TUNNEL, GATEWAY, join, type Netd, NetdLab, type Pair } from './netd-lab.ts';
import { freshSeed, hostileLine, seeded } from './netd-programs/frames.ts';

const FRAMES = 100_000;
const CONNECTIONS = 4;
const ROUNDS = 10;
const lab = new NetdLab();
let netd: Netd;
let pair: Pair;

beforeAll(async () => {
  await lab.up();
  const clientNetd = await lab.netd(lab.client, 'client');
  netd = await lab.netd(lab.provider, 'provider');
  pair = await join(await clientNetd.connect(), await netd.connect());
  await lab.echo(lab.provider, 'tcp', 7077);
});
afterAll(() => lab.down());

/** All that netd could change on its machine: links, addresses, rules, routes, nftables (without counters). */
async function machine(): Promise<string> {
  const looks = [
    ['ip', '-o', 'link'],
    ['ip', '-o', 'address'],
    ['ip', '-4', 'rule'],
    ['ip', '-6', 'rule'],
    ['ip', '-4', 'route', 'show', 'table', 'all'],
    ['ip', '-6', 'route', 'show', 'table', 'all'],
    ['nft', '-s', 'list', 'ruleset'],
    ['wg', 'show', pair.providerTunnel, 'allowed-ips'],
    ['wg', 'show', pair.providerTunnel, 'listen-port'],
    ['tc', 'qdisc', 'show', 'dev', pair.providerTunnel],
  ] as const;
  const texts = await Promise.all(looks.map(([command, ...args]) => lab.provider.must(command, ...args)));
  return texts.join('\n').replace(/(valid|preferred)_lft \w+|expires \w+/g, '');
}

const memory = () => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${netd.child.pid}/status`, 'utf8'))?.[1]);

interface Tally {
  readonly answers: number;
  readonly granted: readonly string[];
  readonly codes: ReadonlySet<string>;
}

/** Sends every line and reads an answer to each. */
function pour(lines: Iterable<Buffer>, count: number): Promise<Tally> {
  return new Promise((resolve, reject) => {
    const socket = connect(netd.socket);
    const granted: string[] = [];
    const codes = new Set<string>();
    const iterator = lines[Symbol.iterator]();
    let answers = 0;
    let rest = '';
    const write = () => {
      for (;;) {
        const { value, done } = iterator.next();
        if (done) return;
        if (!socket.write(Buffer.concat([value, Buffer.from('\n')]))) return;
      }
    };
    socket.on('drain', write);
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`netd hung up after ${answers} answers`)));
    socket.on('data', (chunk: Buffer) => {
      const parts = (rest + chunk.toString()).split('\n');
      rest = parts.pop() ?? '';
      for (const part of parts) {
        const answer = JSON.parse(part) as { readonly error?: { readonly code: string } };
        if (answer.error) codes.add(answer.error.code);
        else granted.push(part);
      }
      answers += parts.length;
      if (answers < count) return;
      socket.removeAllListeners('close');
      socket.destroy();
      resolve({ answers, granted, codes });
    });
    socket.on('connect', write);
  });
}

test(`${FRAMES} hostile frames: every one is answered, none granted, nothing changes, nothing is kept`, async () => {
  const seed = freshSeed();
  console.log(`seed ${seed}`);
  const each = FRAMES / CONNECTIONS / ROUNDS;
  function* lines(n: number) {
    const random = seeded(seed + n);
    for (let i = 0; i < each; i++) yield hostileLine(random, pair.providerTunnel);
  }
  const before = await machine();
  const tallies: Tally[] = [];
  const held: number[] = [];
  const started = performance.now();
  for (let round = 0; round < ROUNDS; round++) {
    const pours = Array.from({ length: CONNECTIONS }, (_, n) => pour(lines(CONNECTIONS * round + n), each));
    tallies.push(...(await Promise.all(pours)));
    held.push(memory());
  }
  const seconds = (performance.now() - started) / 1000;
  console.log(`${FRAMES} frames in ${seconds.toFixed(1)} s; netd holds ${held.map((kB) => kB >> 10).join(', ')} MiB`);
  expect(tallies.reduce((sum, { answers }) => sum + answers, 0)).toBe(FRAMES);
  // "hello" is anybody's.
  const granted = tallies.flatMap((tally) => tally.granted).filter((answer) => !answer.includes('"backend"'));
  expect(granted).toEqual([]);
  const codes = new Set(tallies.flatMap((tally) => [...tally.codes]));
  expect([...codes].sort()).toEqual(['frame_malformed', 'netd_refused']);
  expect(await machine()).toBe(before);
  // A kilobyte kept of each frame would be a hundred megabytes in the end.
  expect(Math.max(...held)).toBeLessThan(256 * 1024);
  expect(held.at(-1)).toBeLessThan((held[ROUNDS / 2] ?? 0) + 32 * 1024);
  expect(await lab.client.reach('tcp', CLIENT_TUNNEL.address4, GATEWAY.address4, 7077)).toBe('ok');
});

/** Every verb that names a tunnel, well-formed. */
const requests = (tunnel: string): readonly Verb[] => {
  const publicKey = keys().publicKey;
  return [
    { verb: 'peer', tunnel, publicKey, address4: '100.70.0.9', address6: 'fd77:6172:7265::9' },
    { verb: 'unpeer', tunnel, publicKey: pair.clientKeys.publicKey },
    { verb: 'splice', tunnel, accept: [40_100], send: 40_100 },
    { verb: 'rebind', tunnel, port: 40_100 },
    { verb: 'counters', tunnel },
    { verb: 'egress', tunnel, forbid: [], blockedTcpPorts: [] },
    { verb: 'gate', tunnel, ...CLIENT_TUNNEL, open: true },
    { verb: 'destroy', tunnel },
  ];
};

test("no verb works on another caller's tunnel, and the answer does not even tell that there is one", async () => {
  const stranger = await netd.connect();
  const before = await machine();
  const refusals = async (tunnel: string) =>
    Promise.all(requests(tunnel).map((body) => stranger.ask(body).catch(({ code, message }) => ({ code, message }))));
  const theirs = await refusals(pair.providerTunnel);
  expect(theirs.map((answer) => (answer as { code?: string }).code)).toEqual(Array(8).fill('netd_refused'));
  expect(theirs).toEqual(await refusals('wrn00000000'));
  expect(await machine()).toBe(before);
  await stranger.close();
});

test('whatever an owner asks of its own tunnel within the protocol is done or refused, and never breaks a rule', async () => {
  const random = seeded(freshSeed());
  const pick = <T>(...from: readonly T[]): T => from[random(from.length)] as T;
  const ports = () => Array.from({ length: random(4) }, () => 1 + random(65_535));
  const v4 = () => [random(256), random(256), random(256), random(256)].join('.');
  const v6 = () => Array.from({ length: 8 }, () => random(65_536).toString(16)).join(':');
  const prefix = () => pick(v4(), v6(), `${v4()}/${random(33)}`, `${v6()}/${random(129)}`, '0.0.0.0/0', '::/0');
  const own = await lab.netd(lab.neighbour, 'own').then((one) => one.connect());
  const create = { verb: 'create', role: 'provider', privateKey: keys().privateKey, ...GATEWAY, mtu: 1280 } as const;
  const { tunnel } = await own.ask(create);
  const peers = Array.from({ length: 4 }, (_, i) => ({
    publicKey: keys().publicKey,
    address4: `100.70.0.${i + 1}`,
    address6: `fd77:6172:7265::70${i}`,
  }));
  const makers: readonly (() => Verb)[] = [
    () => ({
      verb: 'peer',
      tunnel,
      ...pick(...peers),
      endpoint: { address: pick(v4, v6)(), port: 1 + random(65_535) },
    }),
    () => ({ verb: 'unpeer', tunnel, publicKey: pick(...peers).publicKey }),
    () => ({ verb: 'gate', tunnel, ...gateOf(pick(...peers)), open: random(2) === 0 }),
    () => ({ verb: 'counters', tunnel }),
    () => ({
      verb: 'egress',
      tunnel,
      forbid: Array.from({ length: random(12) }, prefix),
      blockedTcpPorts: ports(),
      blockedUdpPorts: ports(),
      allowedPorts: ports(),
      perClientKbps: pick(0, 1, 64, 10_000_000),
      totalKbps: pick(64, 1_000, 10_000_000),
      maxConnections: 1 + random(65_535),
      newFlowsPerSecond: 1 + random(10_000),
    }),
    () => ({
      verb: 'splice',
      tunnel,
      accept: ports(),
      send: 1 + random(65_535),
      routes: [{ remote: { address: pick(v4, v6)(), port: 1 + random(65_535) }, from: 1 + random(65_535) }],
    }),
  ];
  const codes = new Set<string>();
  for (let i = 0; i < 200; i++)
    await own.ask(pick(...makers)()).catch((error: { code: string }) => void codes.add(error.code));
  // Not "internal": no rule was made that the system did not take.
  for (const code of codes) expect(['netd_refused', 'port_busy']).toContain(code);
  await stillClosed(own, tunnel);
  await own.close();
});

const gateOf = ({ address4, address6 }: { readonly address4: string; readonly address6: string }) => ({
  address4,
  address6,
});

/** Whatever was asked before: the special ranges are forbidden again after the next policy. */
async function stillClosed(own: TunnelDevice, tunnel: string): Promise<void> {
  await own.ask({ verb: 'egress', tunnel, forbid: [], blockedTcpPorts: [] });
  const set = await lab.neighbour.must('nft', 'list', 'set', 'inet', tunnel, 'special4');
  for (const range of ['10.0.0.0/8', '169.254.0.0/16', '192.168.0.0/16']) expect(set).toContain(range);
}
