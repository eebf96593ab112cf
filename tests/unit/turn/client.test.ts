import { beforeEach, describe, expect, test } from 'vitest';
import { utf8 } from '../../../shared/base/bytes.ts';
import { type Driven, drive } from '../../../shared/machine/drive.ts';
import type { TurnInput, TurnOutput } from '../../../shared/machine/traversal/turn/api.ts';
import { TurnClient } from '../../../shared/machine/traversal/turn/client.ts';
import { parseTurnUri, type TurnServer, type TurnTransportKind } from '../../../shared/wire/turn/uri.ts';
import { createFakeClock, type FakeClock } from '../../fakes/clock.ts';
import { createNetwork, type Network } from '../../fakes/datagrams.ts';
import { createFakeRandom } from '../../fakes/random.ts';
import { createTurnServer, type FakeTurnServer } from '../../fakes/turn-server.ts';

type Output<T extends TurnOutput['type']> = Extract<TurnOutput, { type: T }>;

const SERVERS = ['turn:one.test?transport=udp', 'turn:one.test?transport=tcp', 'turns:one.test:443'].map(
  (uri) => parseTurnUri(uri) as TurnServer,
);
const PEER = { address: '84.1.2.3', port: 5000 };

let clock: FakeClock;
let network: Network;
let server: FakeTurnServer;
let outputs: TurnOutput[];
let turn: Driven<TurnInput>;
let sends: Map<string, (packet: Uint8Array) => void>;
/** Transports that this network lets through. */
let open: Set<TurnTransportKind>;
let grants: number;
let lifetime: number;

const all = <T extends TurnOutput['type']>(type: T) => outputs.filter((o): o is Output<T> => o.type === type);
const last = <T extends TurnOutput['type']>(type: T) => all(type).at(-1);
const up = (count = 1) => {
  const took = clock.runUntil(() => all('up').length >= count, 60_000);
  return { took, ...(last('up') as Output<'up'>) };
};

beforeEach(() => {
  clock = createFakeClock();
  network = createNetwork(clock);
  server = createTurnServer(clock, network, '198.51.100.1', '2001:db8::1');
  outputs = [];
  sends = new Map();
  open = new Set(['udp', 'tcp', 'tls']);
  grants = 0;
  lifetime = 3_600_000;
  turn = drive<TurnInput, TurnOutput>(new TurnClient({ random: createFakeRandom() }), clock, act);
});

function act(output: TurnOutput): void {
  outputs.push(output);
  switch (output.type) {
    case 'fetch': {
      grants++;
      server.passwords.set(`user${grants}`, 'secret');
      const username = `user${grants}`;
      clock.after(20, () => {
        const grant = { username, password: 'secret', servers: SERVERS, expiresAt: clock.now() + lifetime };
        turn.feed({ type: 'grant', grant });
      });
      break;
    }
    case 'open': {
      const { base, server: wanted } = output;
      const { transport } = wanted;
      if (!open.has(transport) && transport !== 'udp') break;
      sends.set(
        base,
        server.connect((packet) => {
          if (open.has(transport)) turn.feed({ type: 'packet', base, packet });
        }),
      );
      clock.after(1, () => turn.feed({ type: 'connected', base }));
      break;
    }
    case 'send':
      sends.get(output.base)?.(output.packet);
      break;
    case 'close':
      sends.delete(output.base);
      break;
    default:
      break;
  }
}

describe('finding a relay', () => {
  test('UDP is taken where it works, and nothing else is tried', () => {
    turn.feed({ type: 'start' });
    expect(up().server.transport).toBe('udp');
    expect(all('open')).toHaveLength(1);
    expect(last('up')?.relayed).toHaveLength(2);
  });

  test('where UDP is blocked, TCP is there in less than a second', () => {
    open.delete('udp');
    turn.feed({ type: 'start' });
    const { took, server: found } = up();
    expect(found.transport).toBe('tcp');
    expect(took).toBeLessThan(700);
  });

  test('and TLS where only port 443 passes', () => {
    open = new Set(['tls']);
    turn.feed({ type: 'start' });
    const { took, server: found } = up();
    expect(found.transport).toBe('tls');
    expect(took).toBeLessThan(1_000);
  });

  test('a full server is said, and tried again later', () => {
    server.refuse = { code: 486 };
    turn.feed({ type: 'start' });
    clock.runUntil(() => all('failed').length > 0, 20_000);
    expect(last('failed')?.error.code).toBe('turn_full');
    server.refuse = null;
    up();
  });

  test('a helper that gives no leave is asked again with growing pauses', () => {
    const asked: number[] = [];
    const ask = drive<TurnInput, TurnOutput>(new TurnClient({ random: createFakeRandom() }), clock, ({ type }) => {
      if (type !== 'fetch') return;
      asked.push(clock.now());
      const error = { code: 'rate_limited', message: '', action: '' } as const;
      clock.after(1, () => ask.feed({ type: 'ungranted', error }));
    });
    ask.feed({ type: 'start' });
    clock.advance(120_000);
    expect(asked.length).toBeGreaterThan(5);
    expect(asked.length).toBeLessThan(12);
    ask.stop();
  });

  test('an alternate server is followed, but never into a private network', () => {
    server.refuse = { code: 300, alternate: { address: '198.51.100.9', port: 3479 } };
    turn.feed({ type: 'start' });
    clock.runUntil(() => all('failed').length > 0, 20_000);
    expect(all('open').some(({ server: { host } }) => host === '198.51.100.9')).toBe(true);
    outputs = [];
    server.refuse = { code: 300, alternate: { address: '192.168.1.1', port: 53 } };
    clock.runUntil(() => all('failed').length > 0, 60_000);
    expect(all('open').some(({ server: { host } }) => host === '192.168.1.1')).toBe(false);
  });
});

describe('keeping one', () => {
  test('a restarted server: a new address within 2 s of lost traffic, permissions included', () => {
    turn.feed({ type: 'start' });
    const { base } = up();
    turn.feed({ type: 'permit', address: PEER.address });
    clock.advance(1_000);
    server.restart();
    turn.feed({ type: 'flow', base, sent: 3, received: 0 });
    const { took, relayed } = up(2);
    expect(took).toBeLessThan(2_000);
    expect(all('down').map((o) => o.base)).toEqual([base]);
    clock.advance(100);
    const peer = network.socket(PEER.address, PEER.port);
    peer.send(utf8('hello'), relayed[0] ?? PEER);
    clock.advance(100);
    expect(last('data')?.base).toBe(last('up')?.base);
  });

  test('a closed connection is replaced at once', () => {
    open = new Set(['tcp']);
    turn.feed({ type: 'start' });
    const { base } = up();
    turn.feed({ type: 'closed', base });
    expect(up(2).took).toBeLessThan(1_000);
  });

  test('UDP that stops passing in mid-session is replaced by TCP, before it is given up', () => {
    turn.feed({ type: 'start' });
    const { base } = up();
    open.delete('udp');
    turn.feed({ type: 'flow', base, sent: 3, received: 0 });
    const { took, server: found } = up(2);
    expect(found.transport).toBe('tcp');
    expect(took).toBeLessThan(1_600);
  });

  test('and within half a second where somebody else noticed the silence', () => {
    turn.feed({ type: 'start' });
    up();
    open.delete('udp');
    turn.feed({ type: 'wake' });
    const { took, server: found } = up(2);
    expect(found.transport).toBe('tcp');
    expect(took).toBeLessThan(500);
  });

  test('a stream only stands in: an allocation over UDP that answers again stays, and the stream goes', () => {
    turn.feed({ type: 'start' });
    const { base } = up();
    open.delete('udp');
    turn.feed({ type: 'wake' });
    const stream = up(2);
    expect(stream.server.transport).toBe('tcp');
    expect(all('down')).toEqual([]);
    open.add('udp');
    clock.advance(20_000);
    expect(all('up').map((o) => o.base)).toEqual([base, stream.base]);
    expect(all('down').map((o) => o.base)).toEqual([stream.base]);
  });

  test('and where UDP was away for longer, a new one takes over from the stream', () => {
    open.delete('udp');
    turn.feed({ type: 'start' });
    expect(up().server.transport).toBe('tcp');
    clock.advance(60_000);
    expect(all('up')).toHaveLength(1);
    open.add('udp');
    expect(up(2).server.transport).toBe('udp');
    clock.advance(20_000);
    expect(all('down').map((o) => o.base)).toEqual([all('up')[0]?.base]);
    expect(all('failed')).toEqual([]);
  });

  test('a stream that breaks while it stands in is replaced at once', () => {
    open.delete('udp');
    turn.feed({ type: 'start' });
    const { base } = up();
    clock.advance(3_000);
    turn.feed({ type: 'closed', base });
    const { took, server: found } = up(2);
    expect(found.transport).toBe('tcp');
    expect(took).toBeLessThan(700);
  });

  test('a passing silence costs nothing', () => {
    turn.feed({ type: 'start' });
    const { base } = up();
    server.deaf = true;
    turn.feed({ type: 'flow', base, sent: 3, received: 0 });
    clock.advance(1_500);
    server.deaf = false;
    clock.advance(20_000);
    expect(all('down')).toEqual([]);
  });

  test('credentials that end are replaced first; the old address goes on until the new one has taken over', () => {
    lifetime = 60_000;
    turn.feed({ type: 'start' });
    const first = up();
    turn.feed({ type: 'permit', address: PEER.address });
    clock.advance(60_000);
    server.passwords.delete('user1');
    const second = up(2);
    expect(grants).toBe(2);
    expect(all('down')).toEqual([]);
    clock.advance(200);
    const peer = network.socket(PEER.address, PEER.port);
    for (const { relayed } of [first, second]) peer.send(utf8('x'), relayed[0] ?? PEER);
    clock.advance(100);
    expect(all('data').map((o) => o.base)).toEqual([first.base, second.base]);
    clock.advance(20_000);
    expect(all('down').map((o) => o.base)).toEqual([first.base]);
  });

  test('an expired grant is not used for a new allocation', () => {
    lifetime = 60_000;
    turn.feed({ type: 'start' });
    const { base } = up();
    clock.advance(120_000);
    turn.feed({ type: 'closed', base });
    up(2);
    expect(grants).toBe(2);
  });

  test('stopped, everything is given back and nothing more is said', () => {
    turn.feed({ type: 'start' });
    up();
    turn.feed({ type: 'stop' });
    clock.advance(1_000);
    expect(server.allocations).toBe(0);
    outputs = [];
    clock.advance(600_000);
    expect(outputs).toEqual([]);
  });
});

test('TURN URIs (RFC 7065)', () => {
  expect(parseTurnUri('turn:198.51.100.1')).toEqual({ transport: 'udp', host: '198.51.100.1', port: 3478 });
  expect(parseTurnUri('turn:[2001:db8::1]:99?transport=tcp')).toEqual({
    transport: 'tcp',
    host: '2001:db8::1',
    port: 99,
  });
  expect(parseTurnUri('turns:relay.example')).toEqual({ transport: 'tls', host: 'relay.example', port: 5349 });
  for (const bad of ['stun:x', 'turn:', 'turn:a b', 'turn:x:0', 'turn:x:70000', 'turns:x?transport=udp', 'turn:x?a=b'])
    expect(parseTurnUri(bad)).toBeNull();
});
