/** The relay's port: WebSocket for NIP-01, HTTP for everything else (pages.ts). */
import { createServer } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Clock, TransportAddress } from '../../shared/effects.ts';
import { loadNostr } from '../../shared/node/nostr.ts';
import type { Metrics } from '../metrics.ts';
import type { TurnGrants } from '../turn.ts';
import { serveConnection } from './connection.ts';
import { type Admission, createIntake } from './intake.ts';
import { LIMITS } from './limits.ts';
import { answerHttp } from './pages.ts';
import { replicate } from './replicate.ts';
import { createShares } from './shares.ts';
import { sourceOfRequest } from './source.ts';
import { ProposalStore } from './store.ts';
import { Subscriptions } from './subscriptions.ts';

export interface RelayOptions {
  readonly listen: TransportAddress;
  /** A proxy on this machine stands in front: the last that X-Forwarded-For names is the peer. */
  readonly proxied?: boolean;
  /** Relays whose proposals are copied. */
  readonly peers: readonly string[];
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly admission?: Admission;
  /** Null: there is no TURN relay beside this helper. */
  readonly turn?: TurnGrants | null;
}

export interface Relay {
  readonly local: TransportAddress;
  readonly url: string;
  close(): Promise<void>;
}

const SWEEP_MS = 30_000;

export async function startRelay(options: RelayOptions): Promise<Relay> {
  const { listen, peers, clock, metrics, admission, turn = null, proxied = false } = options;
  const store = new ProposalStore();
  const subscriptions = new Subscriptions();
  const nostr = await loadNostr();
  const intake = createIntake({ nostr, store, subscriptions, metrics, ...(admission ? { admission } : {}) });
  const shares = createShares();
  const perSource = new Map<string, number>();

  const pages = { metrics, restricted: admission !== undefined, turn, requests: shares.requests, clock };
  const http = createServer((request, response) =>
    answerHttp(request, response, sourceOfRequest(request, proxied), pages),
  );
  http.maxHeadersCount = 64;
  http.requestTimeout = 10_000;
  const sockets = new WebSocketServer({ server: http, maxPayload: LIMITS.frameBytes, perMessageDeflate: false });
  const alive = new WeakSet<WebSocket>();

  sockets.on('connection', (socket, request) => {
    const source = sourceOfRequest(request, proxied);
    const count = (perSource.get(source) ?? 0) + 1;
    if (count > LIMITS.connectionsPerSource || sockets.clients.size > LIMITS.connections) {
      metrics.count('warren_connections_refused_total');
      socket.on('error', () => {});
      socket.close(1013, 'too many connections');
      return;
    }
    perSource.set(source, count);
    socket.on('close', () => {
      const left = (perSource.get(source) ?? 1) - 1;
      if (left > 0) perSource.set(source, left);
      else perSource.delete(source);
    });
    request.socket.setNoDelay(true);
    alive.add(socket);
    socket.on('pong', () => alive.add(socket));
    serveConnection({ socket, line: request.socket, source, intake, store, subscriptions, shares, metrics });
  });

  const ping = setInterval(() => {
    for (const socket of sockets.clients) {
      if (!alive.has(socket)) socket.terminate();
      alive.delete(socket);
      if (socket.readyState === socket.OPEN) socket.ping();
    }
  }, LIMITS.pingEveryMs);
  const sweep = setInterval(() => store.sweep(Math.floor(Date.now() / 1000)), SWEEP_MS);

  metrics.gauge('warren_proposals', 'Proposals held', () => store.size);
  metrics.gauge('warren_connections', 'Open WebSockets', () => sockets.clients.size);
  metrics.gauge('warren_subscriptions', 'Open subscriptions', () => subscriptions.size);

  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(listen.port, listen.address, () => {
      http.off('error', reject);
      resolve();
    });
  });
  const copies = replicate(peers, intake, clock);
  const bound = http.address();
  const port = typeof bound === 'object' && bound ? bound.port : listen.port;
  const host = listen.address.includes(':') ? `[${listen.address}]` : listen.address;
  return {
    local: { address: listen.address, port },
    url: `ws://${host}:${port}`,
    async close() {
      clearInterval(ping);
      clearInterval(sweep);
      await copies.close();
      for (const socket of sockets.clients) socket.terminate();
      await new Promise<void>((resolve) => sockets.close(() => resolve()));
      http.closeAllConnections();
      await new Promise<void>((resolve) => http.close(() => resolve()));
    },
  };
}
