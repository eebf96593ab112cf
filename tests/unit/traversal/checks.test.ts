import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Datagrams, TransportAddress } from '../../../shared/effects.ts';
import { type Driven, drive } from '../../../shared/machine/drive.ts';
import type { ChecksInput, ChecksOptions, ChecksOutput } from '../../../shared/machine/traversal/api.ts';
import { MAIN } from '../../../shared/machine/traversal/bases.ts';
import { localCandidates, onBase } from '../../../shared/machine/traversal/candidates.ts';
import { encodeCheck } from '../../../shared/machine/traversal/check-message.ts';
import { Checks } from '../../../shared/machine/traversal/checks.ts';
import { createStunRouter } from '../../../shared/machine/traversal/router.ts';
import type { Candidate } from '../../../shared/wire/candidate.ts';
import { BINDING, decodeStun, encodeStun } from '../../../shared/wire/stun/message.ts';
import { createFakeClock, type FakeClock } from '../../fakes/clock.ts';
import { credentialsOf } from '../../fakes/credentials.ts';
import { type Behaviour, createNetwork, type NatKind, type Network } from '../../fakes/datagrams.ts';
import { createFakeRandom } from '../../fakes/random.ts';

const EI = 'endpoint-independent';
const AD = 'address-dependent';
const APD = 'address-and-port-dependent';
const HOME: NatKind = { mapping: EI, filtering: APD, keepsPort: true };
const DELAY = 10;

interface Peer {
  readonly outputs: ChecksOutput[];
  readonly driven: Driven<ChecksInput>;
  readonly socket: Datagrams;
  readonly candidates: readonly Candidate[];
  nominated(): Extract<ChecksOutput, { type: 'nominated' }> | undefined;
  count(type: ChecksOutput['type']): number;
}

let clock: FakeClock;
let internet: Network;
beforeEach(() => {
  clock = createFakeClock();
  internet = createNetwork(clock, DELAY);
});

/** A socket, and the candidates that gathering would have found for it. */
function place(network: Network, address: string, mapped: TransportAddress | null, port = 5000) {
  const socket = network.socket(address, port);
  return { socket, candidates: localCandidates([socket.local], mapped ? [mapped] : []) };
}

function peer(
  role: ChecksOptions['role'],
  mine: ReturnType<typeof place>,
  theirs: { readonly candidates: readonly Candidate[] },
  more: Partial<ChecksOptions> = {},
): Peer {
  const outputs: ChecksOutput[] = [];
  const checks = new Checks({
    role,
    credentials: credentialsOf(role),
    local: onBase(MAIN, mine.candidates),
    remote: theirs.candidates,
    random: createFakeRandom(role === 'controlling' ? 11 : 12),
    ...more,
  });
  const driven = drive<ChecksInput, ChecksOutput>(checks, clock, (output) => {
    outputs.push(output);
    if (output.type === 'send') mine.socket.send(output.packet, output.to);
  });
  mine.socket.onPacket((packet, from) => driven.feed({ type: 'packet', packet, from, base: MAIN }));
  return {
    outputs,
    driven,
    ...mine,
    nominated: () => outputs.filter((o) => o.type === 'nominated').at(-1),
    count: (type) => outputs.filter((o) => o.type === type).length,
  };
}

/** Client and provider, each behind a NAT of its own that keeps the port 5000. */
function homes(clientNat: NatKind = HOME, providerNat: NatKind = HOME) {
  const clientHome = internet.nat('90.0.0.7', clientNat);
  const providerHome = internet.nat('84.128.0.9', providerNat);
  const c = place(clientHome, '192.168.1.2', { address: '90.0.0.7', port: 5000 });
  const p = place(providerHome, '192.168.2.2', { address: '84.128.0.9', port: 5000 });
  return { clientHome, providerHome, client: peer('controlling', c, p), provider: peer('controlled', p, c) };
}

function connect({ client, provider }: { client: Peer; provider: Peer }, limit = 8000): number {
  client.driven.feed({ type: 'start' });
  clock.after(DELAY, () => provider.driven.feed({ type: 'start' }));
  return clock.runUntil(() => !!client.nominated() && !!provider.nominated(), limit);
}

describe('two peers behind NATs', () => {
  test('two port-restricted homes agree on their reflexive pair within three round trips', () => {
    const pair = homes();
    expect(connect(pair)).toBeLessThanOrEqual(6 * DELAY + 20);
    expect(pair.client.nominated()).toMatchObject({
      kind: 'direct',
      pair: { remote: { address: '84.128.0.9', port: 5000, type: 'srflx' } },
    });
    expect(pair.provider.nominated()?.pair.remote).toMatchObject({ address: '90.0.0.7', port: 5000 });
    expect(pair.client.nominated()?.rttMs).toBe(2 * DELAY);
  });

  test.each<[Behaviour, Behaviour]>([
    [EI, EI],
    [EI, AD],
    [EI, APD],
  ])('a provider with %s mapping and %s filtering is reached by clients behind each easy NAT', (mapping, filtering) => {
    for (const clientFiltering of [EI, AD, APD] as const) {
      internet = createNetwork(clock, DELAY);
      const pair = homes(
        { mapping: EI, filtering: clientFiltering, keepsPort: true },
        { mapping, filtering, keepsPort: true },
      );
      expect(connect(pair)).toBeLessThan(300);
    }
  });

  test('a hard NAT on one side is met under its peer-reflexive address when the other side filters by address only', () => {
    const pair = homes({ mapping: APD, filtering: APD }, { mapping: EI, filtering: AD, keepsPort: true });
    connect(pair);
    expect(pair.provider.nominated()?.pair.remote).toMatchObject({ type: 'prflx', address: '90.0.0.7', port: 40_000 });
    expect(pair.client.nominated()?.pair.local.type).toBe('prflx');
  });

  test('hard against port-restricted finds no path, and both say so after 8 s', () => {
    const pair = homes({ mapping: APD, filtering: APD });
    pair.client.driven.feed({ type: 'start' });
    pair.provider.driven.feed({ type: 'start' });
    const took = clock.runUntil(() => pair.client.count('failed') + pair.provider.count('failed') === 2, 9000);
    expect(took).toBe(8000);
    expect(pair.client.outputs.at(-1)).toMatchObject({ type: 'failed', error: { code: 'no_path' } });
    const sent = internet.log.length;
    clock.advance(60_000);
    expect(internet.log.length).toBe(sent);
  });

  test('two hosts behind one NAT use their LAN addresses', () => {
    const home = internet.nat('90.0.0.7', HOME);
    const a = place(home, '192.168.1.2', { address: '90.0.0.7', port: 5000 });
    const b = place(home, '192.168.1.3', { address: '90.0.0.7', port: 40_000 });
    const pair = { client: peer('controlling', a, b), provider: peer('controlled', b, a) };
    connect(pair);
    expect(pair.client.nominated()).toMatchObject({
      kind: 'lan',
      pair: { remote: { address: '192.168.1.3', type: 'host' } },
    });
  });

  test('private addresses of a peer behind another NAT are never sent to', () => {
    const pair = homes();
    connect(pair);
    const sent = [...pair.client.outputs, ...pair.provider.outputs].filter((o) => o.type === 'send');
    expect(sent.filter((o) => o.to.address.startsWith('192.168.'))).toEqual([]);
  });

  test('one in three packets lost still connects', () => {
    let n = 0;
    const pair = homes();
    internet.lose(() => n++ % 3 === 0);
    expect(connect(pair)).toBeLessThan(3000);
  });

  test('first checks are paced by 20 ms', () => {
    const remote = { type: 'srflx', port: 9, priority: 100 } as const;
    const remotes = [1, 2, 3, 4, 5].map((last) => ({ ...remote, address: `84.128.0.${last}` }));
    const client = peer('controlling', place(internet, '90.0.0.1', null), { candidates: remotes });
    const at: number[] = [];
    const started = clock.now();
    client.driven.feed({ type: 'start' });
    // Repetitions go out between them.
    const asked = () => new Set(client.outputs.flatMap((output) => (output.type === 'send' ? output.to.address : [])));
    while (at.length < 5) {
      clock.runUntil(() => asked().size > at.length);
      at.push(clock.now() - started);
    }
    expect(at).toEqual([0, 20, 40, 60, 80]);
  });
});

describe('a path in use', () => {
  test('the client asks for consent every 4–5 s, the node every 15 s for as long as it is asked', () => {
    const pair = homes();
    connect(pair);
    const before = [pair.client.count('rtt'), pair.provider.count('rtt')] as const;
    clock.advance(60_000);
    // Among them some that measure what the way carries.
    expect((pair.client.count('rtt') - before[0]) / 12).toBeCloseTo(1.2, 0);
    expect((pair.provider.count('rtt') - before[1]) / 4).toBeCloseTo(1.2, 0);
    expect(pair.client.count('suspect') + pair.provider.count('suspect')).toBe(0);
  });

  test('silence makes it suspect after 6.5 s and lost after 15 s, then nothing is sent any more', () => {
    const pair = homes();
    connect(pair);
    clock.advance(4);
    internet.lose(() => true);
    const suspect = clock.runUntil(() => pair.client.count('suspect') === 1, 12_000);
    expect(suspect).toBeGreaterThan(6_400);
    expect(clock.runUntil(() => pair.client.count('lost') === 1)).toBeCloseTo(8_500, -2);
    const sent = pair.client.count('send');
    clock.advance(30_000);
    expect(pair.client.count('send')).toBe(sent);
  });

  test('one lost consent check does not make it suspect', () => {
    const pair = homes();
    connect(pair);
    for (let i = 0; i < 10; i++) {
      let losing = true;
      internet.lose(() => losing);
      clock.runUntil(() => internet.log.length > 0 && internet.log.splice(0).length > 0);
      losing = false;
      clock.advance(3000);
    }
    expect(pair.client.count('suspect')).toBe(0);
  });

  test('what WireGuard hears keeps it trusted', () => {
    const pair = homes();
    connect(pair);
    internet.lose(() => true);
    for (let i = 0; i < 10; i++) {
      clock.advance(5_000);
      pair.client.driven.feed({ type: 'heard' });
    }
    expect(pair.client.count('suspect')).toBe(0);
    expect(pair.provider.count('lost')).toBe(1);
  });

  test('a path that comes back is recovered', () => {
    const pair = homes();
    connect(pair);
    internet.lose(() => true);
    clock.runUntil(() => pair.client.count('suspect') === 1);
    internet.lose(null);
    clock.runUntil(() => pair.client.count('recovered') === 1, 2000);
    clock.advance(60_000);
    expect(pair.client.count('lost')).toBe(0);
  });

  test('a client whose NAT forgot its mapping is followed to its new address', () => {
    const pair = homes({ mapping: EI, filtering: APD }, { mapping: EI, filtering: EI, keepsPort: true });
    connect(pair);
    pair.clientHome.forget();
    clock.runUntil(() => pair.provider.nominated()?.pair.remote.port === 41_000, 10_000);
    clock.advance(60_000);
    expect(pair.client.count('lost') + pair.provider.count('lost')).toBe(0);
  });
});

test('both ends find out that the way carries 1420, without a word about consent', () => {
  const pair = homes();
  connect(pair);
  clock.advance(3_000);
  for (const { outputs } of [pair.client, pair.provider])
    expect(outputs.filter(({ type }) => type === 'mtu')).toEqual([{ type: 'mtu', mtu: 1_420 }]);
  clock.advance(120_000);
  expect(pair.client.count('suspect') + pair.provider.count('suspect')).toBe(0);
});

describe('hostile packets', () => {
  const client = credentialsOf('controlling');
  const check = (credentials: typeof client, nominate: boolean) =>
    encodeCheck(credentials, {
      transactionId: new Uint8Array(12).fill(3),
      role: 'controlling',
      tieBreaker: 5n,
      priority: 1,
      nominate,
      bytes: null,
    });

  test('a nomination signed with another key is not answered and moves nothing', () => {
    const pair = homes(HOME, { ...HOME, filtering: EI });
    connect(pair);
    const attacker = internet.socket('203.0.113.66', 666);
    const heard: Uint8Array[] = [];
    attacker.onPacket((packet) => heard.push(packet));
    attacker.send(check({ ...client, remotePassword: new Uint8Array(32) }, true), {
      address: '84.128.0.9',
      port: 5000,
    });
    attacker.send(check({ ...client, remoteFragment: 'guess' }, true), { address: '84.128.0.9', port: 5000 });
    clock.advance(3000);
    expect(heard).toEqual([]);
    expect(pair.provider.nominated()?.pair.remote.address).toBe('90.0.0.7');
  });

  test('a true nomination replayed from another address moves nothing, since nobody there can answer', () => {
    const pair = homes(HOME, { ...HOME, filtering: EI });
    connect(pair);
    const attacker = internet.socket('203.0.113.66', 666);
    attacker.send(check(client, true), { address: '84.128.0.9', port: 5000 });
    clock.advance(30_000);
    expect(pair.provider.nominated()?.pair.remote.address).toBe('90.0.0.7');
    const toAttacker = pair.provider.outputs.filter((o) => o.type === 'send' && o.to.address === '203.0.113.66');
    expect(toAttacker.length).toBeLessThan(12);
  });

  test('our own checks reflected to us are ignored', () => {
    const mirror = internet.socket('84.128.0.9', 5000);
    mirror.onPacket((packet, from) => mirror.send(packet, from));
    const mine = place(internet, '90.0.0.1', null);
    const lonely = peer('controlling', mine, { candidates: [{ type: 'host', ...mirror.local, priority: 1 }] });
    lonely.driven.feed({ type: 'start' });
    clock.runUntil(() => lonely.count('failed') === 1, 9000);
    expect(lonely.count('nominated')).toBe(0);
    const before = lonely.outputs.filter((o) => o.type === 'send').map((o) => decodeStun(o.packet)?.class);
    expect(new Set(before)).toEqual(new Set(['request']));
  });

  test('an answer without integrity, or from a different place than asked, proves nothing', () => {
    const relayed = internet.socket('84.128.0.9', 5000);
    const elsewhere = internet.socket('84.128.0.9', 5001);
    const mine = place(internet, '90.0.0.1', null);
    const lonely = peer('controlling', mine, { candidates: [{ type: 'host', ...relayed.local, priority: 1 }] });
    relayed.onPacket((packet, from) => {
      const asked = decodeStun(packet);
      if (!asked) return;
      const answer = {
        class: 'success' as const,
        method: BINDING,
        transactionId: asked.transactionId,
        attributes: { xorMappedAddress: from },
      };
      relayed.send(encodeStun(answer), from);
      elsewhere.send(encodeStun(answer, { integrityKey: client.remotePassword }), from);
    });
    lonely.driven.feed({ type: 'start' });
    clock.runUntil(() => lonely.count('failed') === 1, 9000);
    expect(lonely.count('nominated')).toBe(0);
  });

  test('a flood of authentic checks is answered 300 times, as many as a birthday has, then 100 times a second', () => {
    const pair = homes();
    connect(pair);
    const packet = check(client, false);
    const from = { address: '90.0.0.7', port: 5000 };
    const flood = () => {
      const before = pair.provider.count('send');
      for (let i = 0; i < 1000; i++) pair.provider.driven.feed({ type: 'packet', packet, from, base: MAIN });
      return pair.provider.count('send') - before;
    };
    expect([flood() <= 300, flood()]).toEqual([true, 0]);
    clock.advance(1_000);
    expect(flood()).toBeLessThanOrEqual(100);
  });

  test('noise from any address never throws and never makes us send', () => {
    const pair = homes();
    connect(pair);
    const before = pair.provider.count('send');
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 120 }),
        fc.ipV4(),
        fc.integer({ min: 1, max: 65535 }),
        (packet, address, port) => {
          pair.provider.driven.feed({ type: 'packet', packet, from: { address, port }, base: MAIN });
        },
      ),
    );
    expect(pair.provider.count('send')).toBe(before);
  });
});

describe('a socket with many peers', () => {
  test('requests find their machine by name, answers by transaction, all else nobody', () => {
    const router = createStunRouter<string>();
    const one = credentialsOf('controlled');
    const two = credentialsOf('controlled', 2);
    router.add('one', one.localFragment);
    router.add('two', two.localFragment);
    const request = (c: typeof one, id: number) =>
      encodeCheck(c, {
        transactionId: new Uint8Array(12).fill(id),
        role: 'controlled',
        tieBreaker: 1n,
        priority: 1,
        nominate: false,
        bytes: null,
      });
    const toTwo = request({ ...two, remoteFragment: two.localFragment, localFragment: two.remoteFragment }, 1);
    expect(router.route(toTwo, 0)).toBe('two');
    const sent = request(one, 2);
    router.sent('one', sent, 0);
    const answer = encodeStun({
      class: 'success',
      method: BINDING,
      transactionId: new Uint8Array(12).fill(2),
      attributes: {},
    });
    expect(router.route(answer, 1000)).toBe('one');
    expect(router.route(answer, 20_000)).toBeNull();
    expect(router.route(new Uint8Array(40), 0)).toBeNull();
    router.remove('two');
    expect(router.route(toTwo, 0)).toBeNull();
  });
});
