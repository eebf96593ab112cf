import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { drive } from '../../../shared/machine/drive.ts';
import type { GatheringInput, GatheringOutput, NatBehaviour } from '../../../shared/machine/traversal/api.ts';
import { FilterProbe } from '../../../shared/machine/traversal/filter-probe.ts';
import { openFilterTest } from '../../../shared/machine/traversal/filter-test.ts';
import { Gathering } from '../../../shared/machine/traversal/gathering.ts';
import { createFakeClock } from '../../fakes/clock.ts';
import { type Behaviour, createNetwork, type NatKind } from '../../fakes/datagrams.ts';
import { createFakeRandom } from '../../fakes/random.ts';
import { serveStun } from '../../fakes/stun-server.ts';

const EI = 'endpoint-independent';
const AD = 'address-dependent';
const APD = 'address-and-port-dependent';
const SERVERS = [
  { address: '198.18.0.1', port: 3478 },
  { address: '198.18.0.2', port: 3478 },
];

function scene(kind: NatKind, servers = SERVERS) {
  const clock = createFakeClock();
  const internet = createNetwork(clock);
  serveStun(internet, ['198.18.0.1', '198.18.0.2']);
  const home = internet.nat('90.0.0.7', kind);
  const socket = home.socket('192.168.1.2', 5000);
  const outputs: GatheringOutput[] = [];
  const gathering = new Gathering({ servers, hosts: [socket.local], random: createFakeRandom() });
  const driven = drive<GatheringInput, GatheringOutput>(gathering, clock, (output) => {
    outputs.push(output);
    if (output.type === 'send') socket.send(output.packet, output.to);
  });
  socket.onPacket((packet, from) => driven.feed({ type: 'packet', packet, from }));
  const last = () => outputs.filter((o) => o.type === 'gathered').at(-1);
  return { clock, internet, home, socket, outputs, driven, last };
}

describe('Gathering', () => {
  test.each<[Behaviour, NatBehaviour]>([
    [EI, EI],
    [AD, AD],
    [APD, APD],
  ])('a NAT of %s mapping is called that', (mapping, expected) => {
    const { driven, clock, last } = scene({ mapping, filtering: APD });
    driven.feed({ type: 'start' });
    clock.runUntil(() => last() !== undefined);
    expect(last()?.nat).toMatchObject({ mapping: expected, translated: true, portPreserved: false });
  });

  test('a port-preserving home NAT gives a host and one reflexive candidate within one round trip', () => {
    const { driven, clock, last } = scene({ mapping: EI, filtering: APD, keepsPort: true });
    driven.feed({ type: 'start' });
    expect(clock.runUntil(() => last() !== undefined)).toBe(20);
    expect(last()?.nat.portPreserved).toBe(true);
    expect(last()?.candidates).toMatchObject([
      { type: 'host', address: '192.168.1.2', port: 5000 },
      { type: 'srflx', address: '90.0.0.7', port: 5000 },
    ]);
  });

  test('one server that names its other address is enough to classify', () => {
    const { driven, clock, last } = scene({ mapping: EI, filtering: APD }, SERVERS.slice(0, 1));
    driven.feed({ type: 'start' });
    clock.runUntil(() => last() !== undefined);
    expect(last()?.nat.mapping).toBe(EI);
  });

  test('a silent server is asked at 0, 100 and 300 ms, and given up 400 ms after another has answered', () => {
    const { driven, clock, outputs, last, internet } = scene({ mapping: EI, filtering: APD });
    internet.lose((_, to) => to.address === '198.18.0.2');
    const started = clock.now();
    const sent: number[] = [];
    driven.feed({ type: 'start' });
    sent.push(clock.now() - started);
    let seen = outputs.length;
    clock.runUntil(() => {
      const fresh = outputs.slice(seen).filter((o) => o.type === 'send' && o.to.address === '198.18.0.2');
      if (fresh.length > 0) sent.push(clock.now() - started);
      seen = outputs.length;
      return last() !== undefined;
    });
    expect(sent).toEqual([0, 100, 300]);
    expect(clock.now() - started).toBe(420);
    expect(last()?.nat.mapping).toBe('unknown');
    expect(last()?.candidates.map((c) => c.type)).toEqual(['host', 'srflx']);
  });

  test('of two helpers one is dead: what the other says is enough, 150 ms later', () => {
    const dead = ['198.18.9.1', '198.18.9.2'].map((address) => ({ address, port: 3478 }));
    const { driven, clock, last } = scene({ mapping: APD, filtering: APD }, [...dead, ...SERVERS]);
    const started = clock.now();
    driven.feed({ type: 'start' });
    clock.runUntil(() => last() !== undefined);
    expect(last()?.nat.mapping).toBe(APD);
    // The verdict at 20 ms, and where the mapping is hard one more question to another port.
    expect(clock.now() - started).toBeLessThanOrEqual(20 + 150 + 20 + 400);
  });

  test('of two helpers with one address each one is dead: the other one names its second address', () => {
    const servers = [{ address: '198.18.9.1', port: 3478 }, ...SERVERS.slice(0, 1)];
    const { driven, clock, last } = scene({ mapping: EI, filtering: APD }, servers);
    driven.feed({ type: 'start' });
    clock.runUntil(() => last() !== undefined);
    expect(last()?.nat.mapping).toBe(EI);
  });

  test('a server that comes back is heard with the next refresh', () => {
    const { driven, clock, outputs, last, internet } = scene({ mapping: AD, filtering: APD });
    let late = true;
    internet.lose((_, to) => late && to.address === '198.18.0.2');
    driven.feed({ type: 'start' });
    clock.runUntil(() => last() !== undefined);
    expect(last()?.nat.mapping).toBe('unknown');
    late = false;
    outputs.length = 0;
    clock.runUntil(() => last() !== undefined, 30_000);
    expect(last()?.nat.mapping).not.toBe('unknown');
  });

  test('no answer at all is said, with the host candidates', () => {
    const { driven, clock, outputs, last, internet } = scene({ mapping: EI, filtering: APD });
    internet.lose(() => true);
    driven.feed({ type: 'start' });
    clock.runUntil(() => outputs.some((o) => o.type === 'unanswered'), 2000);
    expect(last()?.candidates.map((c) => c.type)).toEqual(['host']);
    expect(last()?.nat.translated).toBeNull();
  });

  test('mappings are refreshed every 20–25 s, silently while nothing changes, aloud when it does', () => {
    const { driven, clock, outputs, home, last } = scene({ mapping: EI, filtering: APD });
    driven.feed({ type: 'start' });
    clock.runUntil(() => last() !== undefined);
    outputs.length = 0;
    const quiet = clock.runUntil(() => outputs.some((o) => o.type === 'send'));
    expect(quiet).toBeGreaterThanOrEqual(19_900);
    expect(quiet).toBeLessThanOrEqual(25_000);
    clock.advance(1500);
    expect(last()).toBeUndefined();
    home.forget();
    clock.runUntil(() => last() !== undefined, 30_000);
    expect(last()?.candidates.find((c) => c.type === 'srflx')?.port).toBe(41_000);
  });

  test('a network change asks anew at once', () => {
    const { driven, clock, last, outputs } = scene({ mapping: EI, filtering: APD });
    driven.feed({ type: 'start' });
    clock.runUntil(() => last() !== undefined);
    outputs.length = 0;
    driven.feed({ type: 'network', hosts: [{ address: '10.1.1.1', port: 5000 }] });
    clock.runUntil(() => last() !== undefined, 100);
    expect(last()?.candidates[0]).toMatchObject({ type: 'host', address: '10.1.1.1' });
  });

  test('answers from elsewhere, to other questions, or made of noise change nothing', () => {
    const { driven, clock, outputs, internet, last, socket } = scene({ mapping: EI, filtering: EI, keepsPort: true });
    driven.feed({ type: 'start' });
    const asked = outputs.find((o) => o.type === 'send');
    if (asked?.type !== 'send') throw new Error('nothing was asked');
    // A true answer to a question of ours, yet sent by a stranger: an echo of what it overheard.
    const stranger = internet.socket('203.0.113.66', 3478);
    const forged = asked.packet.slice();
    forged[0] = 1;
    stranger.send(forged, { address: '90.0.0.7', port: 5000 });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (packet) => {
        driven.feed({ type: 'packet', packet, from: { address: '198.18.0.1', port: 3478 } });
      }),
    );
    clock.runUntil(() => last() !== undefined);
    expect(last()?.candidates.map((c) => c.address)).toEqual([socket.local.address, '90.0.0.7']);
  });

  test('every deadline lies ahead once it has been served', () => {
    const { driven, clock, internet } = scene({ mapping: APD, filtering: APD });
    internet.lose(() => true);
    driven.feed({ type: 'start' });
    clock.advance(120_000);
    expect(internet.log.length).toBeLessThan(100);
  });
});

describe('FilterProbe', () => {
  test.each<Behaviour>([EI, AD, APD])('filtering that is %s is called that', (filtering) => {
    const { clock, home } = scene({ mapping: EI, filtering });
    const socket = home.socket('192.168.1.2', 6000);
    let verdict: string | null = null;
    const probe = new FilterProbe({ server: { address: '198.18.0.1', port: 3478 }, random: createFakeRandom(7) });
    const driven = drive(probe, clock, (output) => {
      if (output.type === 'send') socket.send(output.packet, output.to);
      else verdict = output.filtering;
    });
    socket.onPacket((packet, from) => driven.feed({ type: 'packet', packet, from }));
    driven.feed({ type: 'start' });
    clock.runUntil(() => verdict !== null, 1600);
    expect(verdict).toBe(filtering);
  });
});

describe('FilterTest', () => {
  function filterTest(servers: readonly { address: string; port: number }[]) {
    const { clock, home } = scene({ mapping: EI, filtering: AD });
    const found: NatBehaviour[] = [];
    let port = 7000;
    const open = async () => home.socket('192.168.1.2', port++);
    const hosts = () => [{ address: '192.168.1.2', port: 1 }];
    const test = openFilterTest({ clock, random: createFakeRandom(8), servers, hosts, open }, (one) => found.push(one));
    /** Sockets open and close in turns of the event loop, packets by the clock. */
    const settle = async () => {
      for (let n = 0; n < 40; n++) {
        await new Promise((resolve) => setImmediate(resolve));
        clock.advance(100);
      }
    };
    return { test, found, settle, opened: () => port - 7000 };
  }

  test('goes on to the next server where one is silent, and asks none of a family that we lack', async () => {
    const silent = { address: '198.18.0.99', port: 3478 };
    const { test, found, settle, opened } = filterTest([{ address: '2001:db8::1', port: 3478 }, silent, ...SERVERS]);
    test.ask();
    await settle();
    expect(found).toEqual([AD]);
    expect(opened()).toBe(2);
  });

  test('says nothing once it is closed', async () => {
    const { test, found, settle } = filterTest(SERVERS);
    test.ask();
    test.close();
    await settle();
    expect(found).toEqual([]);
  });
});
