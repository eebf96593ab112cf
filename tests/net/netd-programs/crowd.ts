/**
 * Many flows of one client at once. Prints how many of them carried something.
 *
 * usage: crowd.ts tcp <local> <host> <port> <count>    connections that stay open till all have been tried
 *        crowd.ts udp <local> <host> <port> <count>    a datagram each from a port of its own, again while none comes back
 */
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';

const PATIENCE_MS = 2_000;
/** A busy machine loses some. */
const AGAIN_MS = 400;
const [protocol, local = '', host = '', port = '', count = ''] = process.argv.slice(2);

function connection(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port), localAddress: local });
    setTimeout(() => resolve(false), PATIENCE_MS);
    socket.on('error', () => resolve(false));
    socket.on('connect', () => socket.write('hello'));
    socket.on('data', () => resolve(true));
  });
}

function datagram(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    setTimeout(() => resolve(false), PATIENCE_MS);
    socket.on('error', () => resolve(false));
    socket.on('message', () => resolve(true));
    const send = () => socket.send('hello', Number(port), host, () => {});
    socket.bind(0, local, send);
    setInterval(send, AGAIN_MS);
  });
}

const tried = await Promise.all(Array.from({ length: Number(count) }, protocol === 'udp' ? datagram : connection));
process.stdout.write(`${tried.filter(Boolean).length}\n`);
process.exit(0);
