/**
 * Has the home's router open the port of one socket, and prints `{"external":…}`, then each datagram that
 * arrives as `{"heard":…}`. Gives the port back on SIGTERM.
 */
import { randomBytes } from 'node:crypto';
import { openMappedPort } from '../../../shared/machine/traversal/port-mapping/mapped-port.ts';
import { createClock } from '../../../shared/node/clock.ts';
import { createDatagrams } from '../../../shared/node/datagrams.ts';
import { openRouterLine } from '../../../shared/node/port-mapping/router.ts';

const say = (line: unknown) => process.stdout.write(`${JSON.stringify(line)}\n`);
const socket = await createDatagrams();
socket.onPacket((packet) => say({ heard: Buffer.from(packet).toString() }));
const random = (length: number) => Uint8Array.from(randomBytes(length));
const mapped = openMappedPort({ clock: createClock(), random, openRouterLine }, socket.local.port, (external) =>
  say({ external, port: socket.local.port }),
);
process.on('SIGTERM', () => void mapped.close().then(() => process.exit(0)));
