/**
 * The little network programs of the netd tests, run inside a namespace. Prints one word or one JSON line.
 *
 * usage: probe.ts serve <tcp|udp> <port> [address]     echoes until it is killed; prints "listening"
 *        probe.ts <tcp|udp> <local> <host> <port>      "ok", or the error's code, within 1.5 s
 *        probe.ts flood <local> <host> <port> <ms>     one datagram a millisecond, echoed: {sent, received}
 *        probe.ts flood-until <local> <host> <port> [rate]  so many a second (1,000) until SIGTERM: {sent, received, ms}
 *        probe.ts pulse <local> <host> <port>          every 10 ms; "gone T" 200 ms after the last answer, "back T" at the next
 *        probe.ts hold <port>…                         keeps UDP ports, as a path's sockets do; says nothing to anybody
 *        probe.ts stun-serve <port>                    answers STUN Bindings; SIGTERM: {answered, foreign}
 *        probe.ts stun-flood <local port> <host> <port>  one Binding each 10 ms; SIGTERM: {sent, replies, foreign}
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
  const send = (error?: NodeJS.ErrnoException): void => {
    if (error) finish(error.code ?? 'error');
    else socket.send('hello');
  };
  // Typed as taking no argument, but called with the error of connect(2).
  socket.bind(0, local, () => socket.connect(port, host, send));
}

type Flood = { readonly sent: number; readonly received: ReadonlySet<number>; readonly ms: number };

/** By the clock, as many a second also where timers come late: but no more in one turn than what receives them has room for. */
const BURST = 64;

interface Pace {
  /** A second. */
  readonly rate: number;
  /** In one turn at most. */
  readonly burst: number;
}

/** The result is what there was until `end`. */
function startFlood(local: string, host: string, port: number, { rate, burst }: Pace): { readonly end: () => Flood } {
  const socket = socketFor(host);
  const received = new Set<number>();
  const started = performance.now();
  let sent = 0;
  let timer: NodeJS.Timeout | undefined;
  socket.on('error', () => {});
  socket.on('message', (message) => received.add(message.readUInt32BE(0)));
  socket.bind(0, local, () => {
    timer = setInterval(() => {
      for (let n = 0; n < burst && sent * 1000 < (performance.now() - started) * rate; n++) {
        const message = Buffer.alloc(64);
        message.writeUInt32BE(sent++, 0);
        socket.send(message, port, host, () => {});
      }
    }, 1);
    say('flooding');
  });
  return {
    end: () => {
      clearInterval(timer);
      return { sent, received, ms: performance.now() - started };
    },
  };
}

function flood(local: string, host: string, port: number, duration: number): void {
  // Who counts every one of them must not lose them to a burst.
  const { end } = startFlood(local, host, port, { rate: 1_000, burst: 1 });
  setTimeout(() => {
    const { sent, received } = end();
    // What is under way may still come back.
    setTimeout(() => finish(JSON.stringify({ sent, received: received.size })), 500);
  }, duration);
}

function floodUntil(local: string, host: string, port: number, rate: number): void {
  const { end } = startFlood(local, host, port, { rate, burst: BURST });
  process.once('SIGTERM', () => {
    const { sent, received, ms } = end();
    // What is under way may still come back.
    setTimeout(
      () => finish(JSON.stringify({ sent, received: received.size, ms, gaps: gapsOf(received, sent) })),
      1_000,
    );
  });
}

/** Where packets were lost: the first of each run and how many; at most twenty runs. */
function gapsOf(received: ReadonlySet<number>, sent: number): string[] {
  const gaps: string[] = [];
  for (let at = 0, run = 0; at <= sent && gaps.length < 20; at++) {
    if (at < sent && !received.has(at)) run++;
    else if (run > 0) {
      gaps.push(`${at - run}+${run}`);
      run = 0;
    }
  }
  return gaps;
}

function pulse(local: string, host: string, port: number): void {
  const socket = socketFor(host);
  let heardAt = 0;
  let gone = true;
  socket.on('error', () => {});
  socket.on('message', () => {
    heardAt = Date.now();
    if (gone) say(`back ${heardAt}`);
    gone = false;
  });
  socket.bind(0, local, () => {
    setInterval(() => {
      socket.send('pulse', port, host, () => {});
      if (gone || Date.now() - heardAt < 200) return;
      gone = true;
      say(`gone ${heardAt}`);
    }, 10);
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

function hold(ports: readonly string[]): void {
  let left = ports.length;
  for (const port of ports) {
    const socket = createSocket('udp6');
    socket.on('message', () => {});
    socket.bind(Number(port), () => {
      if (--left === 0) say('holding');
    });
  }
}

/** A Binding message of 20 bytes: type, length 0, cookie, transaction id. */
function binding(type: number, id: Uint8Array): Buffer {
  const message = Buffer.alloc(20);
  message.writeUInt16BE(type, 0);
  message.writeUInt32BE(0x2112a442, 4);
  message.set(id, 8);
  return message;
}

/** `foreign` counts what is no STUN: WireGuard's packets must never come here. */
function stunServe(port: number): void {
  let answered = 0;
  let foreign = 0;
  const socket = createSocket('udp4');
  socket.on('message', (message, from) => {
    if (message.readUInt32BE(4) !== 0x2112a442) {
      foreign++;
      return;
    }
    answered++;
    socket.send(binding(0x0101, message.subarray(8, 20)), from.port, from.address, () => {});
  });
  socket.bind(port, () => say('serving'));
  process.once('SIGTERM', () => finish(JSON.stringify({ answered, foreign })));
}

function stunFlood(localPort: number, host: string, port: number): void {
  const counts = { sent: 0, replies: 0, foreign: 0 };
  const socket = createSocket('udp4');
  socket.on('message', (message) => {
    if (message.readUInt32BE(4) !== 0x2112a442) counts.foreign++;
    else if (++counts.replies === 1) say('flooding');
  });
  socket.bind(localPort, () => {
    const timer = setInterval(() => {
      counts.sent++;
      socket.send(binding(0x0001, Buffer.alloc(12, counts.sent & 255)), port, host, () => {});
    }, 10);
    process.once('SIGTERM', () => {
      clearInterval(timer);
      setTimeout(() => finish(JSON.stringify(counts)), 300);
    });
  });
}

const [a = '', b = '', c = '', d = ''] = args;
if (mode === 'serve') serve(a, Number(b), c || undefined);
if (mode === 'tcp') tcp(a, b, Number(c));
if (mode === 'udp') udp(a, b, Number(c));
if (mode === 'flood') flood(a, b, Number(c), Number(d));
if (mode === 'flood-until') floodUntil(a, b, Number(c), Number(d || 1000));
if (mode === 'pulse') pulse(a, b, Number(c));
if (mode === 'stun-serve') stunServe(Number(a));
if (mode === 'stun-flood') stunFlood(Number(a), b, Number(c));
if (mode === 'drip') drip(a, b, Number(c));
if (mode === 'hold') hold(args);
