/** What every Datagrams does: run over real sockets on loopback and over the twins. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Datagrams, TransportAddress } from '../../../shared/effects.ts';
import { createClock } from '../../../shared/node/clock.ts';
import { createDatagrams, hostAddresses } from '../../../shared/node/datagrams.ts';
import { createNetwork } from '../../fakes/datagrams.ts';

const kinds: [string, () => () => Promise<Datagrams>][] = [
  ['real sockets', () => () => createDatagrams({ address: '127.0.0.1' })],
  [
    'twins in memory',
    () => {
      const network = createNetwork(createClock(), 1);
      let port = 5000;
      return async () => network.socket('127.0.0.1', port++);
    },
  ],
];
const open: Datagrams[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((socket) => socket.close()));
});

describe.each(kinds)('%s', (_, start) => {
  async function two(): Promise<[Datagrams, Datagrams]> {
    const create = start();
    const pair: [Datagrams, Datagrams] = [await create(), await create()];
    open.push(...pair);
    return pair;
  }

  test('a packet arrives whole, once, with the address of its sender', async () => {
    const [a, b] = await two();
    const heard: [Uint8Array, TransportAddress][] = [];
    b.onPacket((packet, from) => heard.push([packet, from]));
    a.send(Uint8Array.of(1, 2, 3), b.local);
    await vi.waitFor(() => expect(heard).toHaveLength(1));
    expect(heard).toEqual([[Uint8Array.of(1, 2, 3), a.local]]);
    expect(heard[0]?.[0].constructor).toBe(Uint8Array);
  });

  test('who has unsubscribed hears nothing more, the others do', async () => {
    const [a, b] = await two();
    const [gone, there] = [vi.fn(), vi.fn()];
    b.onPacket(gone)();
    b.onPacket(there);
    a.send(Uint8Array.of(1), b.local);
    await vi.waitFor(() => expect(there).toHaveBeenCalledOnce());
    expect(gone).not.toHaveBeenCalled();
  });

  test('what can not be sent is lost without a word', async () => {
    const [a, b] = await two();
    const heard = vi.fn();
    b.onPacket(heard);
    a.send(Uint8Array.of(1), { address: '2001:db8::1', port: 9 });
    a.send(Uint8Array.of(2), { address: '127.0.0.1', port: 9 });
    a.send(Uint8Array.of(3), b.local);
    await vi.waitFor(() => expect(heard).toHaveBeenCalledOnce());
    await a.close();
    a.send(Uint8Array.of(4), b.local);
    await a.close();
  });
});

describe('createDatagrams', () => {
  test('a port that is taken is an error with a name', async () => {
    const first = await createDatagrams({ address: '127.0.0.1' });
    open.push(first);
    await expect(createDatagrams({ address: '127.0.0.1', port: first.local.port })).rejects.toMatchObject({
      code: 'port_busy',
    });
  });

  test('IPv4 and IPv6 share one port number', async () => {
    const both = await createDatagrams();
    const four = await createDatagrams({ address: '127.0.0.1' });
    open.push(both, four);
    const heard: TransportAddress[] = [];
    four.onPacket((_packet, from) => heard.push(from));
    both.send(Uint8Array.of(1), four.local);
    await vi.waitFor(() => expect(heard).toEqual([{ address: '127.0.0.1', port: both.local.port }]));
    const six: TransportAddress[] = [];
    both.onPacket((_packet, from) => six.push(from));
    both.send(Uint8Array.of(2), { address: '::1', port: both.local.port });
    await vi.waitFor(() => expect(six).toEqual([{ address: '::1', port: both.local.port }]));
  });

  test('host addresses carry the port, and none is loopback', () => {
    for (const { address, port } of hostAddresses(77)) {
      expect(port).toBe(77);
      expect(['127.0.0.1', '::1']).not.toContain(address);
    }
  });
});

test('with room it keeps more of what comes while nobody looks', async () => {
  const kept = async (roomBytes?: number) => {
    const socket = await createDatagrams({ address: '127.0.0.1', ...(roomBytes === undefined ? {} : { roomBytes }) });
    open.push(socket);
    let count = 0;
    socket.onPacket(() => count++);
    // All of them before this process comes back to its sockets.
    for (let i = 0; i < 2_000; i++) socket.send(new Uint8Array(96), socket.local);
    for (let before = -1, same = 0; same < 10; before = count) {
      await new Promise((resolve) => setImmediate(resolve));
      same = count > 0 && count === before ? same + 1 : 0;
    }
    return count;
  };
  expect(await kept(2 * 1024 * 1024)).toBeGreaterThan(1.5 * (await kept()));
});
