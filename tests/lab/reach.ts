/**
 * Asks a name server until it answers, over UDP and (where that is blocked) TCP: a new link may take a
 * second to carry its first packet. Runs inside the namespace that it speaks for. Exit code 0 when
 * one of the servers answered, 1 when none did within ten seconds (on an emulated machine: longer).
 *
 * usage: reach.ts <address>…
 */
import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import * as packet from 'dns-packet';
import { PATIENCE } from '../patience.ts';

const query = packet.encode({ type: 'query', id: 1, questions: [{ type: 'A', name: 'reach.lab' }] });
for (const server of process.argv.slice(2)) {
  const socket = createSocket(isIPv6(server) ? 'udp6' : 'udp4');
  socket.on('error', () => {});
  socket.on('message', () => process.exit(0));
  const ask = (): void => socket.send(query, 53, server, () => {});
  ask();
  setInterval(ask, 25);
  const call = (): void => {
    const tcp = connect(53, server, () => process.exit(0));
    tcp.on('error', () => {});
    setTimeout(() => tcp.destroy(), 1_000);
  };
  setInterval(call, 500);
}
setTimeout(() => process.exit(1), 10_000 * PATIENCE);
