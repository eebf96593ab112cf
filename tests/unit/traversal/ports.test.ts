/** The UDP ports of one end, on a network in memory: what is known of a new one, and when. */
import { expect, test } from 'vitest';
import { Bases } from '../../../shared/machine/traversal/bases.ts';
import { openPorts } from '../../../shared/machine/traversal/ports.ts';
import { createFakeClock } from '../../fakes/clock.ts';
import { createNetwork } from '../../fakes/datagrams.ts';
import { createFakeRandom } from '../../fakes/random.ts';
import { serveStun } from '../../fakes/stun-server.ts';

const EVERY_MS = 60_000;
const SERVERS = [{ address: '198.18.0.1', port: 3478 }];
const HOST = '192.168.1.2';
const FIRST = 5000;

test('nobody hears of a new port, or from it, before WireGuard takes packets there', async () => {
  const clock = createFakeClock();
  const internet = createNetwork(clock);
  serveStun(internet, ['198.18.0.1', '198.18.0.2']);
  const home = internet.nat('90.0.0.7', { mapping: 'endpoint-independent', filtering: 'endpoint-independent' });
  const bases = new Bases();
  const moves: string[] = [];
  const senders: number[] = [];
  const asked: (readonly number[])[] = [];
  let opened = FIRST;
  let taken = () => {};
  const ports = openPorts(
    {
      clock,
      random: createFakeRandom(),
      servers: SERVERS,
      hosts: (port) => [{ address: HOST, port }],
      first: home.socket(HOST, FIRST),
      // The test of the filter opens some too.
      open: async () => {
        const socket = home.socket(HOST, ++opened);
        return {
          ...socket,
          send(packet, to) {
            senders.push(socket.local.port);
            socket.send(packet, to);
          },
        };
      },
      openRouterLine: null,
      bases,
      interval: { min: EVERY_MS, max: EVERY_MS },
      shared: false,
    },
    {
      packet() {},
      gathered() {},
      rotated() {},
      accept(numbers) {
        asked.push(numbers);
        return new Promise((resolve) => {
          taken = resolve;
        });
      },
      move: (base) => moves.push(base),
    },
  );
  const newest = () => asked.at(-1)?.at(-1);
  const sends = () => senders.some((port) => port === newest());
  const known = () => bases.local.some(({ port }) => port === newest());
  ports.gather();
  ports.start();
  clock.advance(EVERY_MS);
  await turns();
  clock.advance(1_000);
  expect(asked).toEqual([[FIRST, opened]]);
  expect([sends(), known(), moves]).toEqual([false, false, []]);
  taken();
  await turns();
  clock.advance(1_000);
  expect([sends(), known(), moves]).toEqual([true, true, ['p1']]);
  await ports.close();
});

/** Sockets open, and promises resolve, in turns of the event loop. */
const turns = () => new Promise((resolve) => setImmediate(resolve));
