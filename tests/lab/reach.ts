/**
 * Asks a name server over UDP until it answers: a new link may take a second to carry its first packet.
 * Runs inside the namespace that it speaks for. Exit code 1 when nothing came within ten seconds.
 *
 * usage: reach.ts <address>
 */
import { createSocket } from 'node:dgram';
import * as packet from 'dns-packet';

const server = process.argv[2] ?? '';
const query = packet.encode({ type: 'query', id: 1, questions: [{ type: 'A', name: 'reach.lab' }] });
const socket = createSocket('udp4');
socket.on('error', () => {});
socket.on('message', () => process.exit(0));
const ask = (): void => socket.send(query, 53, server, () => {});
ask();
setInterval(ask, 25);
setTimeout(() => process.exit(1), 10_000);
