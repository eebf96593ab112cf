/**
 * The local proxy of one tunnel: a random port of 127.0.0.1 that speaks HTTP (Chromium) and SOCKS5
 * (Firefox), told apart by the first byte. Whatever it opens is bound to the tunnel's address.
 */
import { createServer, type Server, type Socket } from 'node:net';
import type { LocalProxy, LocalProxyOptions } from './api.ts';
import { freshCredentials } from './credentials.ts';
import { Dialer } from './dial.ts';
import { createHttpSide } from './http-side.ts';
import { TunnelResolver } from './resolver.ts';
import { createSelfTester } from './self-test.ts';
import { serveSocks } from './socks-side.ts';

const SOCKS5 = 0x05;
const MAX_CONNECTIONS = 1024;
const FIRST_BYTE_TIMEOUT_MS = 10_000;

/**
 * @param server listens already, or will at a random port of 127.0.0.1.
 * @throws Error when no such port can be had.
 */
export async function createLocalProxy(
  options: LocalProxyOptions,
  server: Server = createServer(),
): Promise<LocalProxy> {
  const credentials = freshCredentials();
  const resolver = new TunnelResolver(options);
  const dialer = new Dialer(options, resolver);
  const clients = new Set<Socket>();
  const totals = { accepted: 0, refused: 0 };
  const tester = createSelfTester(credentials.username, resolver);
  const sides = { credentials, dialer, tester, onRefused: () => void totals.refused++ };
  const http = createHttpSide(sides);

  server.on('connection', (client) => {
    // Said here, not to the server, which may have been made by another process.
    client.allowHalfOpen = true;
    client.setNoDelay(true);
    totals.accepted++;
    clients.add(client);
    client.once('close', () => clients.delete(client));
    client.on('error', () => client.destroy());
    // Chromium opens connections ahead of need, so silence is no fault of its own.
    const timer = setTimeout(() => client.destroy(), FIRST_BYTE_TIMEOUT_MS);
    client.once('close', () => clearTimeout(timer));
    client.once('data', (first: Buffer) => {
      clearTimeout(timer);
      client.pause();
      if (first[0] === SOCKS5) serveSocks(client, sides);
      else http.emit('connection', client);
      client.unshift(first);
      client.resume();
    });
  });
  server.maxConnections = MAX_CONNECTIONS;
  const port = await listen(server);

  const destroyAll = () => {
    for (const client of clients) client.destroy();
    dialer.destroyAll();
    resolver.cancel();
  };
  return {
    port,
    ...credentials,
    counters() {
      const { up, down } = dialer.bytes();
      return { active: clients.size, ...totals, bytesUp: up, bytesDown: down };
    },
    destroyAll,
    async close() {
      const closed = server.listening
        ? new Promise<void>((resolve) => server.close(() => resolve()))
        : Promise.resolve();
      // Ends the timer that watches for slow headers.
      http.close();
      destroyAll();
      await closed;
    },
  };
}

/** Loopback only, and only IPv4: what the browser is told is exactly what is open. */
export async function listen(server: Server): Promise<number> {
  if (!server.listening)
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', () => resolve());
    });
  const address = server.address();
  if (address === null || typeof address !== 'object') throw new Error('the proxy has no port');
  return address.port;
}
