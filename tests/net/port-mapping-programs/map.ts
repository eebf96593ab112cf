/**
 * Has the home's router open the port of one socket, and prints `{"external":…}`, then each datagram that
 * arrives as `{"heard":…}`. Gives the port back on SIGTERM. With `--elder` PCP is answered as a router does
 * that speaks NAT-PMP only.
 */
import { randomBytes } from 'node:crypto';
import { openMappedPort } from '../../../shared/machine/traversal/port-mapping/mapped-port.ts';
import { createClock } from '../../../shared/node/clock.ts';
import { createDatagrams } from '../../../shared/node/datagrams.ts';
import { openRouterLine } from '../../../shared/node/port-mapping/router.ts';

const say = (line: unknown) => process.stdout.write(`${JSON.stringify(line)}\n`);
const socket = await createDatagrams();
socket.onPacket((packet) => say({ heard: Buffer.from(packet).toString() }));
async function openElderLine(): ReturnType<typeof openRouterLine> {
  const line = await openRouterLine();
  if (!line) return null;
  const handlers: ((packet: Uint8Array) => void)[] = [];
  return {
    ...line,
    onPacket(handler) {
      handlers.push(handler);
      line.onPacket(handler);
    },
    send(packet) {
      // RFC 6886 §3.5: version 0, result 1.
      if (packet[0] === 2) for (const handler of handlers) handler(Uint8Array.of(0, 0x81, 0, 1, 0, 0, 0, 0));
      else line.send(packet);
    },
  };
}

const router = process.argv.includes('--elder') ? openElderLine : openRouterLine;
const random = (length: number) => Uint8Array.from(randomBytes(length));
const mapped = openMappedPort({ clock: createClock(), random, openRouterLine: router }, socket.local.port, (external) =>
  say({ external, port: socket.local.port }),
);
process.on('SIGTERM', () => void mapped.close().then(() => process.exit(0)));
