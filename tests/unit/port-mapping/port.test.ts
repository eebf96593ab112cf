import { expect, test } from 'vitest';
import type { RouterLine } from '../../../shared/effects.ts';
import { openPort } from '../../../shared/machine/traversal/port.ts';
import { createFakeClock } from '../../fakes/clock.ts';
import { createNetwork } from '../../fakes/datagrams.ts';
import { createFakeRandom } from '../../fakes/random.ts';

/** A router that opens what it is asked for, and what it heard: the lifetime of each PCP request (RFC 6887 §7.1). */
function openRouter() {
  const heard: string[] = [];
  let lines = 0;
  const open = async (): Promise<RouterLine> => {
    const name = ++lines;
    let open = true;
    let answer = (_packet: Uint8Array) => {};
    return {
      client: '192.168.1.2',
      send(packet) {
        const lifetime = new DataView(packet.buffer, packet.byteOffset).getUint32(4);
        heard.push(`${name} ${lifetime === 0 ? 'closes' : 'opens'}`);
        if (lifetime === 0) return;
        const reply = packet.slice();
        reply.set([2, 0x81, 0, 0]);
        reply.set([90, 54, 12, 7], 56);
        answer(reply);
      },
      onPacket(handler) {
        answer = handler;
      },
      onRefused() {},
      findIgd: async () => null,
      // As a socket: closed twice is an error.
      async close() {
        if (!open) throw new Error('Not running');
        open = false;
      },
    };
  };
  return { heard, open };
}

const turns = async () => {
  for (let n = 0; n < 20; n++) await new Promise((resolve) => setImmediate(resolve));
};

function portBehind() {
  const clock = createFakeClock();
  const router = openRouter();
  const told: (string | undefined)[] = [];
  const port = openPort({
    socket: createNetwork(clock).socket('192.168.1.2', 5000),
    clock,
    random: createFakeRandom(4),
    servers: [],
    hosts: () => [],
    openRouterLine: router.open,
    onPacket: () => {},
    onGathered: (candidates) => told.push(candidates[0]?.address),
  });
  return { router, told, port };
}

test('on another network the router there is asked, after the one before was given its port back', async () => {
  const { router, told, port } = portBehind();
  port.start();
  await turns();
  expect(router.heard).toEqual(['1 opens']);
  expect(told.at(-1)).toBe('90.54.12.7');
  port.network();
  await turns();
  expect(router.heard).toEqual(['1 opens', '1 closes', '2 opens']);
  expect(told).toContain(undefined);
  expect(told.at(-1)).toBe('90.54.12.7');
  await port.close();
  expect(router.heard.at(-1)).toBe('2 closes');
});

test('given up while it changes networks, it leaves its router once', async () => {
  const { router, port } = portBehind();
  port.start();
  await turns();
  port.network();
  await port.close();
  await turns();
  expect(router.heard).toEqual(['1 opens', '1 closes']);
});

test('two changes in a row ask the new router once, and leave nothing open', async () => {
  const { router, port } = portBehind();
  port.start();
  await turns();
  port.network();
  port.network();
  await turns();
  expect(router.heard).toEqual(['1 opens', '1 closes', '2 opens']);
  await port.close();
  expect(router.heard.at(-1)).toBe('2 closes');
});
