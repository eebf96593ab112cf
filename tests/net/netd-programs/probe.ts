/**
 * The little network programs of the netd tests, run inside a namespace. Prints one word or one JSON line.
 *
 * usage: probe.ts serve <tcp|udp> <port> [address]     echoes until it is killed; prints "listening"
 *        probe.ts <tcp|udp> <local> <host> <port>      "ok", or the error's code, within 1.5 s
 *        probe.ts flood <local> <host> <port> <ms>     one datagram a millisecond, echoed: {sent, received}
 *        probe.ts drip <local> <host> <port>           datagrams and connection attempts until it is killed
 */
import { createSocket } from 'node:dgram';
import { connect, createServer, isIPv6 } from 'node:net';

const PATIENCE_MS = 1_500;
const [mode = '', ...args] = process.argv.slice(2);

const socketFor = (address: string) => createSocket(isIPv6(address) ? 'udp6' : 'udp4');
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const finish = (text: string): void => {
  say(text);
  process.exit(0);
};

function serve(protocol: string, port: number, address = '::'): void {
  if (protocol === 'tcp') {
    createServer((socket) => socket.on('error', () => socket.destroy()).pipe(socket)).listen(port, address, () =>
      say('listening'),
    );
    return;
  }
  const socket = createSocket({ type: address.includes(':') ? 'udp6' : 'udp4' });
  socket.on('message', (message, from) => socket.send(message, from.port, from.address, () => {}));
  socket.bind(port, address, () => say('listening'));
}

function tcp(local: string, host: string, port: number): void {
  const socket = connect({ host, port, localAddress: local, family: isIPv6(host) ? 6 : 4 });
  socket.setTimeout(PATIENCE_MS, () => finish('timeout'));
  socket.on('error', (error: NodeJS.ErrnoException) => finish(error.code ?? 'error'));
  socket.on('connect', () => socket.write('hello'));
  socket.on('data', () => finish('ok'));
}

function udp(local: string, host: string, port: number): void {
  const socket = socketFor(host);
  setTimeout(() => finish('timeout'), PATIENCE_MS);
  socket.on('error', (error: NodeJS.ErrnoException) => finish(error.code ?? 'error'));
  socket.on('message', () => finish('ok'));
  socket.bind(0, local, () => socket.connect(port, host, () => socket.send('hello')));
}

function flood(local: string, host: string, port: number, duration: number): void {
  const socket = socketFor(host);
  const received = new Set<number>();
  let sent = 0;
  socket.on('error', () => {});
  socket.on('message', (message) => received.add(message.readUInt32BE(0)));
  socket.bind(0, local, () => {
    const timer = setInterval(() => {
      const message = Buffer.alloc(64);
      message.writeUInt32BE(sent++, 0);
      socket.send(message, port, host, () => {});
    }, 1);
    setTimeout(() => {
      clearInterval(timer);
      // What is under way may still come back.
      setTimeout(() => finish(JSON.stringify({ sent, received: received.size })), 500);
    }, duration);
    say('flooding');
  });
}

function drip(local: string, host: string, port: number): void {
  const socket = socketFor(host);
  socket.on('error', () => {});
  socket.bind(0, local, () => {
    setInterval(() => socket.send('drip', port, host, () => {}), 5);
    setInterval(() => {
      const attempt = connect({ host, port, localAddress: local });
      attempt.on('error', () => attempt.destroy());
      setTimeout(() => attempt.destroy(), 300);
    }, 25);
    say('dripping');
  });
}

const [a = '', b = '', c = '', d = ''] = args;
if (mode === 'serve') serve(a, Number(b), c || undefined);
if (mode === 'tcp') tcp(a, b, Number(c));
if (mode === 'udp') udp(a, b, Number(c));
if (mode === 'flood') flood(a, b, Number(c), Number(d));
if (mode === 'drip') drip(a, b, Number(c));
