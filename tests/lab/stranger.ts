/**
 * Sends one datagram from a fixed port to the same port elsewhere, prints `sent`, then the port from
 * which anything arrives. Two of them, in turn, show whether a router's own answer to the first spoils the second.
 *
 * usage: stranger.ts <own address> <other address>
 */
import { createSocket } from 'node:dgram';

export const STRANGER_PORT = 5_555;

function main([own, other]: readonly string[]): void {
  const socket = createSocket('udp4');
  socket.on('error', () => {});
  socket.on('message', (_, from) => console.log(`heard ${from.port}`));
  socket.bind(STRANGER_PORT, own, () => socket.send('hello', STRANGER_PORT, other, () => console.log('sent')));
}

if (import.meta.main) main(process.argv.slice(2));
