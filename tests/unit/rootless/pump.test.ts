/** The pump between sockets in memory: what netd's splice does in the kernel, packet by packet. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { Leg } from '../../../native-host/rootless/leg.ts';
import { Pump } from '../../../native-host/rootless/pump.ts';
import { isWireGuard, Switchboard } from '../../../native-host/rootless/switchboard.ts';
import type { Datagrams, TransportAddress } from '../../../shared/effects.ts';

const WIREGUARD_PORT = 51_820;
const PEER = { address: '84.128.0.2', port: 40_101 };

const packet = (type: number, length = 32) => {
  const bytes = new Uint8Array(length);
  bytes[0] = type;
  return bytes;
};

class FakeSocket implements Datagrams {
  readonly local: TransportAddress;
  readonly sent: { readonly packet: Uint8Array; readonly to: TransportAddress }[] = [];
  #handlers: ((packet: Uint8Array, from: TransportAddress) => void)[] = [];

  constructor(port: number, address = '0.0.0.0') {
    this.local = { address, port };
  }

  send(packet: Uint8Array, to: TransportAddress): void {
    this.sent.push({ packet, to });
  }

  onPacket(handler: (packet: Uint8Array, from: TransportAddress) => void) {
    this.#handlers.push(handler);
    return () => {};
  }

  arrive(packet: Uint8Array, from: TransportAddress): void {
    for (const handler of this.#handlers) handler(packet, from);
  }

  async close(): Promise<void> {}
}

class FakeLeg implements Leg {
  readonly port: number;
  readonly toWireGuard: Uint8Array[] = [];
  closed = false;
  #handler: (packet: Uint8Array) => void = () => {};

  constructor(port: number) {
    this.port = port;
  }

  send(packet: Uint8Array): void {
    this.toWireGuard.push(packet);
  }

  onPacket(handler: (packet: Uint8Array) => void): void {
    this.#handler = handler;
  }

  fromWireGuard(packet: Uint8Array): void {
    this.#handler(packet);
  }

  close(): void {
    this.closed = true;
  }
}

let switchboard: Switchboard;
let legs: FakeLeg[];
let pump: Pump;
let raw: readonly [FakeSocket, FakeSocket];
let heard: Uint8Array[];

beforeEach(async () => {
  switchboard = new Switchboard();
  legs = [];
  heard = [];
  raw = [new FakeSocket(5_001), new FakeSocket(5_002)];
  for (const socket of raw) switchboard.outside(socket).onPacket((bytes) => heard.push(bytes));
  pump = new Pump(WIREGUARD_PORT, switchboard, async () => {
    const leg = new FakeLeg(30_000 + legs.length);
    legs.push(leg);
    return leg;
  });
  await pump.open();
  pump.splice([5_001, 5_002], 5_001, []);
});

const legOf = (endpoint: TransportAddress) => legs.find(({ port }) => port === endpoint.port) as FakeLeg;

describe('inbound', () => {
  test('what is WireGuard’s goes to WireGuard, and STUN to the socket’s own listeners', () => {
    const stun = Uint8Array.from([0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, ...new Array(24).fill(0)]);
    raw[0].arrive(packet(1, 148), PEER);
    raw[0].arrive(stun, PEER);
    expect(legs.flatMap(({ toWireGuard }) => toWireGuard)).toHaveLength(1);
    expect(heard).toEqual([stun]);
  });

  test('at a port that is not accepted nothing is taken', () => {
    pump.splice([5_002], 5_002, []);
    raw[0].arrive(packet(4), PEER);
    expect(legs.flatMap(({ toWireGuard }) => toWireGuard)).toEqual([]);
  });

  test.each([
    [1, 148, true],
    [4, 32, true],
    [4, 31, false],
    [5, 64, false],
    [0, 64, false],
  ])('a packet of type %i and %i bytes is WireGuard’s: %s', (type, length, is) => {
    expect(isWireGuard(packet(type, length))).toBe(is);
  });
});

describe('outbound', () => {
  test('leaves from the port of its destination, or the default', async () => {
    const endpoint = await pump.endpointOf(PEER);
    legOf(endpoint).fromWireGuard(packet(4));
    expect(raw[0].sent.map(({ to }) => to)).toEqual([PEER]);
    pump.splice([5_001, 5_002], 5_001, [{ remote: PEER, from: 5_002 }]);
    legOf(endpoint).fromWireGuard(packet(4));
    expect(raw[1].sent.map(({ to }) => to)).toEqual([PEER]);
  });

  test('WireGuard’s endpoint is told as the address outside', async () => {
    const endpoint = await pump.endpointOf(PEER);
    expect(endpoint.address).toBe('127.0.0.1');
    expect(pump.remoteOf(endpoint)).toEqual(PEER);
    expect(pump.remoteOf({ address: '127.0.0.1', port: 1 })).toBeNull();
  });

  test('IPv6 in any spelling is one address', async () => {
    const endpoint = await pump.endpointOf({ address: '2001:DB8:0:0::7', port: 9 });
    raw[0].arrive(packet(2, 92), { address: '2001:db8::7', port: 9 });
    expect(legOf(endpoint).toWireGuard).toHaveLength(1);
  });
});

test('a peer that moves comes from another leg: WireGuard roams as it would outside', async () => {
  const endpoint = await pump.endpointOf(PEER);
  const moved = { ...PEER, port: 40_102 };
  raw[0].arrive(packet(4), moved);
  const leg = legs.find(({ toWireGuard }) => toWireGuard.length > 0) as FakeLeg;
  expect(leg.port).not.toBe(endpoint.port);
  expect(pump.remoteOf({ address: '127.0.0.1', port: leg.port })).toEqual(moved);
});

test('a relay on loopback is met there, and never sent outside', async () => {
  const lane = switchboard.loopback(new FakeSocket(6_000, '127.0.0.1'));
  const got: TransportAddress[] = [];
  lane.onPacket((_, from) => got.push(from));
  const endpoint = await pump.endpointOf({ address: '127.0.0.1', port: 6_000 });
  lane.send(packet(4), { address: '127.0.0.1', port: WIREGUARD_PORT });
  expect(legOf(endpoint).toWireGuard).toHaveLength(1);
  legOf(endpoint).fromWireGuard(packet(4));
  expect(got).toEqual([{ address: '127.0.0.1', port: WIREGUARD_PORT }]);
  expect(raw.flatMap(({ sent }) => sent)).toEqual([]);
});

test('closed, it takes nothing any more and holds nothing', () => {
  pump.close();
  raw[0].arrive(packet(4), PEER);
  expect(legs.every(({ closed }) => closed)).toBe(true);
  expect(legs.flatMap(({ toWireGuard }) => toWireGuard)).toEqual([]);
});
