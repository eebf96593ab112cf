/** One peer with several things to send from: two sockets, of which one replaces the other while the path lives. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { Datagrams } from '../../../shared/effects.ts';
import { type Driven, drive } from '../../../shared/machine/drive.ts';
import type { BaseId, ChecksInput, ChecksOutput } from '../../../shared/machine/traversal/api.ts';
import { Bases, MAIN } from '../../../shared/machine/traversal/bases.ts';
import { localCandidates } from '../../../shared/machine/traversal/candidates.ts';
import { Checklist, type Pair } from '../../../shared/machine/traversal/checklist.ts';
import { Checks } from '../../../shared/machine/traversal/checks.ts';
import type { Candidate } from '../../../shared/wire/candidate.ts';
import { createFakeClock, type FakeClock } from '../../fakes/clock.ts';
import { credentialsOf } from '../../fakes/credentials.ts';
import { createNetwork, type NatKind, type Network } from '../../fakes/datagrams.ts';
import { createFakeRandom } from '../../fakes/random.ts';

const APD = 'address-and-port-dependent';
const HOME: NatKind = { mapping: 'endpoint-independent', filtering: APD, keepsPort: true };
const HARD: NatKind = { mapping: APD, filtering: APD };
const BY_ADDRESS: NatKind = { ...HOME, filtering: 'address-dependent' };

let clock: FakeClock;
let internet: Network;
beforeEach(() => {
  clock = createFakeClock();
  internet = createNetwork(clock, 10);
});

class Peer {
  readonly bases = new Bases();
  readonly outputs: ChecksOutput[] = [];
  readonly #home: Network;
  readonly #inside: string;
  readonly #outside: string;
  /** Bases that it is leaving. */
  #left: readonly BaseId[] = [];
  driven: Driven<ChecksInput> | null = null;

  constructor(inside: string, outside: string, nat: NatKind) {
    this.#home = internet.nat(outside, nat);
    this.#inside = inside;
    this.#outside = outside;
  }

  /** A socket on this port, as gathering would have described it. */
  open(base: string, port: number): Datagrams {
    const socket = this.#home.socket(this.#inside, port);
    socket.onPacket((packet, from) => this.driven?.feed({ type: 'packet', packet, from, base }));
    this.bases.add(base, socket, localCandidates([socket.local], [{ address: this.#outside, port }]));
    return socket;
  }

  start(role: 'controlling' | 'controlled', remote: readonly Candidate[]): void {
    const random = createFakeRandom(role === 'controlling' ? 11 : 12);
    const checks = new Checks({ role, credentials: credentialsOf(role), local: this.bases.local, remote, random });
    this.driven = drive<ChecksInput, ChecksOutput>(checks, clock, (output) => {
      this.outputs.push(output);
      if (output.type === 'send') this.bases.send(output.base, output.packet, output.to);
    });
    this.bases.onChange(() => this.#tell());
    this.driven.feed({ type: 'start' });
  }

  leave(...bases: readonly BaseId[]): void {
    this.#left = bases;
    this.#tell();
  }

  /** All that the peer can be reached at now. */
  hears(candidates: readonly Candidate[]): void {
    this.driven?.feed({ type: 'candidates', side: 'remote', candidates, all: true });
  }

  #tell(): void {
    const candidates = this.bases.local.map((local) =>
      this.#left.includes(local.base) ? { ...local, left: true as const } : local,
    );
    this.driven?.feed({ type: 'candidates', side: 'local', candidates });
  }

  get path() {
    return this.outputs.filter((output) => output.type === 'nominated').at(-1)?.pair;
  }

  count(type: ChecksOutput['type']): number {
    return this.outputs.filter((output) => output.type === type).length;
  }
}

function connected(clientNat = HOME, providerNat = HOME) {
  const client = new Peer('192.168.1.2', '90.0.0.7', clientNat);
  const provider = new Peer('192.168.2.2', '84.128.0.9', providerNat);
  client.open(MAIN, 5000);
  provider.open(MAIN, 6000);
  client.start('controlling', provider.bases.local);
  provider.start('controlled', client.bases.local);
  clock.runUntil(() => client.path !== undefined && provider.path !== undefined);
  return { client, provider };
}

describe('a second socket', () => {
  test('is tried beside the path in use, and answered from where the packet arrived', () => {
    const { client, provider } = connected();
    client.open('p2', 5001);
    provider.driven?.feed({ type: 'candidates', side: 'remote', candidates: client.bases.local });
    clock.advance(3_000);
    const sent = client.outputs.filter((output) => output.type === 'send');
    expect(sent.some(({ base }) => base === 'p2')).toBe(true);
    expect(internet.log.some(({ from, to }) => from.port === 6000 && to.port === 5001)).toBe(true);
    expect(internet.log.some(({ from, to }) => from.port === 5001 && to.port === 6000)).toBe(true);
    // Not better, so the path stays.
    expect([client.path?.local.base, provider.path?.remote.port]).toEqual([MAIN, 5000]);
  });

  test('becomes the path when it is preferred, on both sides, once it works and not before', () => {
    const { client, provider } = connected();
    client.driven?.feed({ type: 'prefer', base: 'p2', remote: null });
    client.open('p2', 5001);
    clock.advance(200);
    expect(client.path?.local.base).toBe(MAIN);
    provider.driven?.feed({ type: 'candidates', side: 'remote', candidates: client.bases.local });
    clock.runUntil(() => client.path?.local.base === 'p2' && provider.path?.remote.port === 5001, 2_000);
    client.bases.remove(MAIN);
    clock.advance(60_000);
    expect(client.count('suspect') + provider.count('suspect') + client.count('lost')).toBe(0);
  });

  test('so does another address of the peer', () => {
    const { client, provider } = connected();
    provider.open('p2', 6001);
    client.driven?.feed({ type: 'candidates', side: 'remote', candidates: provider.bases.local });
    client.driven?.feed({ type: 'prefer', base: null, remote: { address: '84.128.0.9', port: 6001 } });
    clock.runUntil(() => client.path?.remote.port === 6001 && provider.path?.local.base === 'p2', 2_000);
  });

  test('takes over when the first one goes: both sides move, and the doubt is taken back', () => {
    const { client, provider } = connected();
    expect(client.path?.local.base).toBe(MAIN);
    client.open('p2', 5001);
    provider.driven?.feed({ type: 'candidates', side: 'remote', candidates: client.bases.local });
    client.bases.remove(MAIN);
    expect(client.count('suspect')).toBe(1);
    clock.runUntil(() => client.path?.local.base === 'p2' && provider.path?.remote.port === 5001, 5_000);
    expect(client.count('recovered')).toBe(1);
    clock.advance(60_000);
    expect(client.count('lost') + client.count('failed') + provider.count('lost')).toBe(0);
  });

  test('without any, the search goes on and ends in words', () => {
    const { client } = connected();
    client.bases.remove(MAIN);
    clock.runUntil(() => client.count('failed') === 1, 10_000);
    expect(client.outputs.find((output) => output.type === 'failed')?.error.code).toBe('no_path');
  });
});

describe('a node that changes ports quickly, and a hard home', () => {
  /** The client has just nominated the node's new port, and the node has not heard so yet. */
  const nominating = () => {
    const { client, provider } = connected(HARD, BY_ADDRESS);
    const announced = client.bases.local;
    provider.open('p2', 6001);
    client.hears(provider.bases.local.filter(({ base }) => base === 'p2'));
    client.driven?.feed({ type: 'prefer', base: MAIN, remote: null, leave: true });
    clock.runUntil(() => client.path?.remote.port === 6001, 2_000);
    expect(provider.path?.local.base).toBe(MAIN);
    return { client, provider, announced };
  };

  test('a nomination that the next change overtakes is followed to the port that is being left', () => {
    const { client, provider } = nominating();
    provider.open('p3', 6002);
    provider.leave('p2');
    clock.runUntil(() => provider.path?.local.base === 'p2', 200);
    expect(provider.path?.remote.port).toBe(client.path?.local.port);
  });

  test('nothing is begun from a port that is being left', () => {
    const { provider } = connected(HARD, BY_ADDRESS);
    provider.leave('p2');
    provider.open('p2', 6001);
    provider.hears([{ type: 'srflx', address: '90.0.0.7', port: 7_000, priority: 1 }]);
    clock.advance(3_000);
    expect(provider.outputs.some((output) => output.type === 'send' && output.base === 'p2')).toBe(false);
  });

  test('where the check of what was nominated is lost, it is repeated, whatever is announced meanwhile', () => {
    const { provider, announced } = nominating();
    // Both come from one socket on two ways, and the announcement wins.
    provider.hears(announced);
    let packets = 0;
    internet.lose(({ address, port }) => address === '84.128.0.9' && port === 6001 && ++packets === 2);
    clock.advance(15);
    provider.hears([{ type: 'srflx', address: '90.0.0.7', port: 7_000, priority: 1 }, ...announced]);
    clock.runUntil(() => provider.path?.local.base === 'p2', 500);
    expect(packets).toBeGreaterThan(2);
  });

  test('a wish to leave is fulfilled by the next nomination, and asks for no second one', () => {
    const client = new Peer('192.168.1.2', '90.0.0.7', HOME);
    const provider = new Peer('192.168.2.2', '84.128.0.9', HOME);
    client.open(MAIN, 5000);
    provider.open(MAIN, 6000);
    provider.open('p2', 6001);
    client.start('controlling', provider.bases.local);
    client.driven?.feed({ type: 'prefer', base: null, remote: null, leave: true });
    provider.start('controlled', client.bases.local);
    clock.advance(10_000);
    expect(client.count('nominated')).toBe(1);
    expect(provider.count('nominated')).toBe(1);
  });

  test('of two nominations the later one counts, also when the earlier one is answered last', () => {
    const { client, provider } = nominating();
    let held = true;
    internet.lose(({ address, port }) => held && address === '84.128.0.9' && port === 6001);
    provider.open('p3', 6002);
    client.hears(provider.bases.local.filter(({ base }) => base === 'p3'));
    client.driven?.feed({ type: 'prefer', base: MAIN, remote: null, leave: true });
    clock.runUntil(() => provider.path?.local.base === 'p3', 2_000);
    held = false;
    clock.advance(10_000);
    expect(provider.path?.local.base).toBe('p3');
  });
});

describe('pairs', () => {
  const candidate = (type: Candidate['type'], address: string, port: number, priority = 100): Candidate => ({
    type,
    address,
    port,
    priority,
  });
  const remote = [candidate('host', '192.168.2.2', 6000), candidate('srflx', '84.128.0.9', 6000)];

  test('one per base and remote address; a relay reaches no private address', () => {
    const local = [
      { ...candidate('srflx', '84.128.0.9', 5000), base: MAIN },
      { ...candidate('relay', '51.158.20.10', 50_000, 1), base: 'relay' },
    ];
    const list = new Checklist('controlling', local, remote);
    const pairs = list.pairs.map(({ local: { base }, remote: { address } }) => `${base} ${address}`);
    expect(pairs.sort()).toEqual(['main 192.168.2.2', 'main 84.128.0.9', 'relay 84.128.0.9']);
  });

  test('sharing a relay’s address is not sharing a home: private addresses stay unprobed', () => {
    const local = [
      { ...candidate('srflx', '90.0.0.7', 5000), base: MAIN },
      { ...candidate('relay', '84.128.0.9', 50_000, 1), base: 'relay' },
    ];
    const list = new Checklist('controlling', local, remote);
    expect(list.pairs.some(({ remote: { address } }) => address === '192.168.2.2')).toBe(false);
  });

  test('a peer that comes from another port of its relay is still on a relay, and no more than eight are kept', () => {
    const main = { ...candidate('srflx', '90.0.0.7', 5000), base: MAIN };
    const list = new Checklist('controlling', [main], [...remote, candidate('relay', '51.158.20.10', 50_000, 1)]);
    const from = (address: string, port: number) => list.learn(MAIN, { address, port }, 1, null)?.remote.type;
    expect(from('51.158.20.10', 50_001)).toBe('relay');
    expect(from('51.158.20.11', 50_001)).toBe('prflx');
    for (let port = 50_002; port < 50_020; port++) from('51.158.20.10', port);
    expect(list.pairs.length).toBe(2 + 8);
  });

  test('in a full list the peer is still learned, in the place of the pair that is worth least, and never of what it nominated', () => {
    const bases = Array.from({ length: 70 }, (_, n) => ({
      ...candidate('srflx', '90.0.0.7', 5000 + n),
      base: `p${n}`,
    }));
    const list = new Checklist('controlled', bases, remote);
    expect(list.pairs).toHaveLength(64);
    const pair = list.learn('p60', { address: '84.128.0.9', port: 7000 }, 1_000, null);
    expect(pair).not.toBeNull();
    list.nominate(pair as Pair);
    for (let port = 7_001; port < 7_100; port++) list.learn('p60', { address: '84.128.0.9', port }, 1_000, null);
    expect(list.pairs).toContain(pair);
    expect(list.pairs).toHaveLength(64);
  });

  test('a base that goes takes its pairs along, and no other', () => {
    const main = { ...candidate('srflx', '90.0.0.7', 5000), base: MAIN };
    const second = { ...candidate('srflx', '90.0.0.7', 5001), base: 'p2' };
    const list = new Checklist('controlling', [main, second], remote);
    const gone = list.setLocal([second]);
    expect(gone.map(({ local }) => local.base)).toEqual([MAIN]);
    expect(list.pairs.map(({ local }) => local.base)).toEqual(['p2']);
  });
});
