/**
 * Sends datagrams under addresses that are not the tunnel's: each source of a family to each destination of it.
 *
 * usage: spoof.ts <source>[,<source>…] <destination>/<port>[,…]
 */
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';

const TIMES = 3;
const [sources = '', destinations = ''] = process.argv.slice(2);

for (const source of sources.split(',')) {
  const socket = createSocket(isIPv6(source) ? 'udp6' : 'udp4');
  socket.on('error', () => {});
  await new Promise<void>((resolve) => socket.bind(0, source, resolve));
  for (const destination of destinations.split(',')) {
    const [host = '', port = ''] = destination.split('/');
    if (isIPv6(host) !== isIPv6(source)) continue;
    for (let i = 0; i < TIMES; i++)
      await new Promise<void>((resolve, reject) =>
        socket.send('spoofed', Number(port), host, (error) => (error ? reject(error) : resolve())),
      );
  }
}
process.stdout.write('sent\n');
process.exit(0);
