import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { utf8 } from '../../../shared/base/bytes.ts';
import { type Driven, drive } from '../../../shared/machine/drive.ts';
import { Allocation } from '../../../shared/machine/traversal/turn/allocation.ts';
import type { AllocationInput, AllocationOutput } from '../../../shared/machine/traversal/turn/api.ts';
import { decodeStun, TURN_METHOD } from '../../../shared/wire/stun/message.ts';
import { decodeChannelData } from '../../../shared/wire/turn/channel-data.ts';
import { createFakeClock, type FakeClock } from '../../fakes/clock.ts';
import { createNetwork, type Network } from '../../fakes/datagrams.ts';
import { createFakeRandom } from '../../fakes/random.ts';
import { createTurnServer, type FakeTurnServer } from '../../fakes/turn-server.ts';

type Output<T extends AllocationOutput['type']> = Extract<AllocationOutput, { type: T }>;

let clock: FakeClock;
let network: Network;
let server: FakeTurnServer;
let outputs: AllocationOutput[];
let driven: Driven<AllocationInput>;
/** What went to the server. */
let sent: Uint8Array[];

function all<T extends AllocationOutput['type']>(type: T): Output<T>[] {
  return outputs.filter((output): output is Output<T> => output.type === type);
}
const last = <T extends AllocationOutput['type']>(type: T) => all(type).at(-1);
const methods = () => sent.map((packet) => decodeStun(packet)?.method);

function start(options: { readonly password?: string; readonly reliable?: boolean } = {}): void {
  const machine = new Allocation({
    credentials: { username: 'user', password: options.password ?? 'secret' },
    reliable: options.reliable ?? false,
    random: createFakeRandom(),
  });
  const toServer = server.connect((packet) => driven.feed({ type: 'packet', packet }));
  driven = drive<AllocationInput, AllocationOutput>(machine, clock, (output) => {
    outputs.push(output);
    if (output.type !== 'send') return;
    sent.push(output.packet);
    toServer(output.packet);
  });
  driven.feed({ type: 'start' });
}

function allocated(): Output<'allocated'> {
  clock.runUntil(() => all('allocated').length > 0, 5_000);
  return last('allocated') as Output<'allocated'>;
}

beforeEach(() => {
  clock = createFakeClock();
  network = createNetwork(clock);
  server = createTurnServer(clock, network, '198.51.100.1', '2001:db8::1');
  outputs = [];
  sent = [];
});

describe('allocating', () => {
  test('takes two round trips: the challenge, then an address of each family', () => {
    start();
    const { relayed, mapped } = allocated();
    expect(relayed.map(({ address }) => address)).toEqual(['198.51.100.1', '2001:db8::1']);
    expect(mapped).toEqual({ address: '90.1.2.3', port: 4444 });
    expect(sent).toHaveLength(2);
  });

  test('asks for IPv6 by its old number too, the only one that coturn 4.6 knows', () => {
    server.ipv6 = 'draft';
    start();
    expect(allocated().relayed.map(({ address }) => address)).toEqual(['198.51.100.1', '2001:db8::1']);
  });

  test('a server without IPv6 gives an IPv4 address only', () => {
    server.ipv6 = false;
    start();
    expect(allocated().relayed).toHaveLength(1);
  });

  test('a wrong password is said, not tried for ever', () => {
    start({ password: 'other' });
    clock.runUntil(() => all('failed').length > 0, 5_000);
    expect(last('failed')?.error.code).toBe('turn_refused');
    expect(sent.length).toBeLessThan(4);
  });

  test.each([
    [486, 'turn_full'],
    [508, 'turn_full'],
    [437, 'turn_refused'],
    [403, 'turn_refused'],
    [500, 'turn_refused'],
  ])('error %i ends as %s', (code, expected) => {
    server.refuse = { code };
    start();
    clock.runUntil(() => all('failed').length > 0, 5_000);
    expect(last('failed')).toMatchObject({ error: { code: expected }, alternate: null });
  });

  test('a server that sends us elsewhere says where (300)', () => {
    const alternate = { address: '198.51.100.9', port: 3478 };
    server.refuse = { code: 300, alternate };
    start();
    clock.runUntil(() => all('failed').length > 0, 5_000);
    expect(last('failed')?.alternate).toEqual(alternate);
  });

  test('lost packets are sent again; a silent server is given up after 8 s', () => {
    server.deaf = true;
    start();
    clock.advance(2_000);
    expect(sent.length).toBeGreaterThan(2);
    server.deaf = false;
    allocated();
    server.deaf = true;
    outputs = [];
    start();
    expect(clock.runUntil(() => all('failed').length > 0, 10_000)).toBe(8_000);
    expect(last('failed')?.error.code).toBe('turn_unreachable');
  });

  test('over a stream nothing is sent twice', () => {
    server.deaf = true;
    start({ reliable: true });
    clock.advance(7_000);
    expect(sent).toHaveLength(1);
  });
});

describe('data', () => {
  const PEER = { address: '84.1.2.3', port: 5000 };

  test('goes out as Send indications behind a permission, then over the channel', () => {
    start();
    const [relay] = allocated().relayed;
    const peer = network.socket(PEER.address, PEER.port);
    const received: string[] = [];
    peer.onPacket((packet, from) => received.push(`${from.port} ${packet.length}`));
    sent = [];
    driven.feed({ type: 'transmit', packet: utf8('a'), to: PEER });
    clock.advance(50);
    expect(methods()).toEqual([TURN_METHOD.createPermission, TURN_METHOD.send]);
    expect(received).toEqual([`${relay?.port} 1`]);

    driven.feed({ type: 'bind', peer: PEER });
    clock.advance(50);
    const channel = last('bound')?.channel ?? 0;
    sent = [];
    driven.feed({ type: 'transmit', packet: utf8('bb'), to: PEER });
    clock.advance(50);
    expect(decodeChannelData(sent[0] ?? new Uint8Array())).toEqual({ channel, payload: utf8('bb') });
    expect(received).toEqual([`${relay?.port} 1`, `${relay?.port} 2`]);
  });

  test('arrives from any port of a permitted address, first as indications, then over the channel', () => {
    start();
    const [relay = PEER] = allocated().relayed;
    driven.feed({ type: 'permit', address: PEER.address });
    clock.advance(50);
    const odd = network.socket(PEER.address, 61_234);
    odd.send(utf8('hello'), relay);
    clock.advance(50);
    expect(last('data')).toEqual({ type: 'data', packet: utf8('hello'), from: odd.local });
    driven.feed({ type: 'bind', peer: odd.local });
    clock.advance(50);
    odd.send(utf8('again'), relay);
    clock.advance(50);
    expect(last('data')).toEqual({ type: 'data', packet: utf8('again'), from: odd.local });
    const stranger = network.socket('84.9.9.9', 1);
    stranger.send(utf8('no'), relay);
    clock.advance(50);
    expect(all('data')).toHaveLength(2);
  });

  test('reaches IPv6 peers from the IPv6 address', () => {
    start();
    const relay = allocated().relayed[1];
    const peer = network.socket('2001:db8:9::5', 7);
    const from: string[] = [];
    peer.onPacket((_, source) => from.push(source.address));
    driven.feed({ type: 'transmit', packet: utf8('six'), to: peer.local });
    clock.advance(50);
    expect(from).toEqual([relay?.address]);
  });

  test('is never sent to loopback or multicast', () => {
    start();
    allocated();
    sent = [];
    for (const address of ['127.0.0.1', '224.0.0.1', '::1', '0.0.0.0'])
      driven.feed({ type: 'transmit', packet: utf8('x'), to: { address, port: 1 } });
    expect(sent).toEqual([]);
  });
});

describe('keeping', () => {
  const PEER = { address: '84.1.2.3', port: 5000 };

  test('allocation, permission and channel outlive two hours, through stale nonces', () => {
    start();
    const [relay = PEER] = allocated().relayed;
    const peer = network.socket(PEER.address, PEER.port);
    driven.feed({ type: 'permit', address: PEER.address });
    driven.feed({ type: 'bind', peer: PEER });
    for (let minute = 0; minute < 120; minute++) {
      clock.advance(60_000);
      if (minute % 10 === 0) server.newNonce();
      outputs = outputs.filter(({ type }) => type !== 'data');
      peer.send(utf8('still there?'), relay);
      clock.advance(50);
      expect(all('data')).toHaveLength(1);
    }
    expect(all('lost')).toEqual([]);
  });

  test('a forgotten peer is not renewed', () => {
    start();
    allocated();
    driven.feed({ type: 'permit', address: PEER.address });
    clock.advance(1_000);
    driven.feed({ type: 'forget', address: PEER.address });
    sent = [];
    clock.advance(600_000);
    expect(methods()).not.toContain(TURN_METHOD.createPermission);
  });

  test('a restarted server is found out within 1.5 s of unanswered traffic', () => {
    start();
    allocated();
    server.restart();
    driven.feed({ type: 'flow', sent: 10, received: 0 });
    expect(clock.runUntil(() => all('lost').length > 0, 5_000)).toBeLessThan(1_500);
  });

  test('and within half a minute when nothing is carried', () => {
    start();
    allocated();
    server.restart();
    expect(clock.runUntil(() => all('lost').length > 0, 60_000)).toBeLessThan(30_000);
  });

  test('a probe tells at once', () => {
    start();
    allocated();
    server.restart();
    driven.feed({ type: 'probe' });
    expect(clock.runUntil(() => all('lost').length > 0, 1_000)).toBeLessThan(100);
  });

  test('silence is doubted before it is believed', () => {
    start();
    allocated();
    server.deaf = true;
    driven.feed({ type: 'flow', sent: 1, received: 0 });
    clock.runUntil(() => all('suspect').length > 0, 3_000);
    expect(all('lost')).toEqual([]);
    server.deaf = false;
    clock.runUntil(() => all('recovered').length > 0, 3_000);
    server.deaf = true;
    driven.feed({ type: 'flow', sent: 1, received: 0 });
    clock.runUntil(() => all('lost').length > 0, 12_000);
    expect(last('lost')?.error.code).toBe('turn_unreachable');
  });

  test('credentials that ran out are told; the allocation lives until its time is up', () => {
    start();
    allocated();
    server.passwords.clear();
    clock.runUntil(() => all('refused').length > 0, 30_000);
    expect(all('lost')).toEqual([]);
    clock.runUntil(() => all('lost').length > 0, 700_000);
  });

  test('released, it is the server that has nothing left', () => {
    start();
    allocated();
    expect(server.allocations).toBe(1);
    driven.feed({ type: 'release' });
    clock.advance(50);
    expect(server.allocations).toBe(0);
    driven.feed({ type: 'transmit', packet: utf8('x'), to: PEER });
    clock.advance(60_000);
    expect(methods().at(-1)).toBe(TURN_METHOD.refresh);
  });
});

describe('strangers', () => {
  test('a success that the server did not sign is ignored', () => {
    server.deaf = true;
    start();
    const asked = decodeStun(sent[0] ?? new Uint8Array());
    const forged = Uint8Array.from(sent[0] ?? []);
    expect(asked?.class).toBe('request');
    // Allocate success, with the request's own transaction id and attributes, unsigned.
    forged[0] = 0x01;
    forged[1] = 0x03;
    driven.feed({ type: 'packet', packet: forged });
    expect(all('allocated')).toEqual([]);
  });

  test('hostile bytes never throw, and never take the address away', () => {
    start();
    allocated();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.constantFrom(0x00, 0x01, 0x40, 0x4f), (bytes, first) => {
        const packet = Uint8Array.from([first, ...bytes]);
        driven.feed({ type: 'packet', packet });
        // The same behind a valid STUN header.
        const body = bytes.slice(0, bytes.length & ~3);
        const stun = Uint8Array.from([0, 0x17, 0, body.length, 0x21, 0x12, 0xa4, 0x42, ...new Uint8Array(12), ...body]);
        driven.feed({ type: 'packet', packet: stun });
      }),
    );
    expect(all('lost')).toEqual([]);
  });
});
