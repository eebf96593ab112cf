/**
 * Tries many destinations at once, from the tunnel's own addresses; an echo has to come back. Prints
 * `{address: "ok" | why not}`.
 *
 * usage: reach-many.ts <tcp|udp> <local4> <local6> <port> <address>…
 */
import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';

const PATIENCE_MS = 2_000;
const [protocol, local4 = '', local6 = '', port = '', ...addresses] = process.argv.slice(2);

function tcp(host: string, localAddress: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port), localAddress, family: isIPv6(host) ? 6 : 4 });
    const done = (what: string) => {
      socket.destroy();
      resolve(what);
    };
    socket.setTimeout(PATIENCE_MS, () => done('timeout'));
    socket.on('error', (error: NodeJS.ErrnoException) => done(error.code ?? 'error'));
    socket.on('connect', () => socket.write('hello'));
    socket.on('data', () => done('ok'));
  });
}

function udp(host: string, local: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    const timer = setTimeout(() => done('timeout'), PATIENCE_MS);
    const done = (what: string) => {
      clearTimeout(timer);
      socket.removeAllListeners();
      socket.on('error', () => {});
      socket.close();
      resolve(what);
    };
    socket.on('error', (error: NodeJS.ErrnoException) => done(error.code ?? 'error'));
    socket.on('message', () => done('ok'));
    // Not connected: an answer counts from wherever it comes.
    socket.bind(0, local, () =>
      socket.send('hello', Number(port), host, (error) => {
        if (error) done((error as NodeJS.ErrnoException).code ?? 'error');
      }),
    );
  });
}

const tryOne = protocol === 'udp' ? udp : tcp;
const results = await Promise.all(
  addresses.map(async (host) => [host, await tryOne(host, isIPv6(host) ? local6 : local4)] as const),
);
process.stdout.write(`${JSON.stringify(Object.fromEntries(results))}\n`);
process.exit(0);
