/**
 * The resolver inside the tunnel: UDP and TCP on the gateway's addresses only, for clients only, so
 * it is never an open one. It caches nothing and remembers no question: what clients look up is theirs.
 */
import dgram from 'node:dgram';
import { createServer, isIPv6, type Server, type Socket } from 'node:net';
import { type BlockList, isBlocked } from './dns/block-list.ts';
import { framed } from './dns/framing.ts';
import { aliasesIn, answerFor, fitting, parseQuery, type Query, refusal } from './dns/messages.ts';
import type { UpstreamServer } from './dns/servers.ts';
import { openUpstream } from './dns/upstream.ts';

export interface ResolverOptions {
  /** The gateway's own addresses; nothing else is bound. */
  readonly addresses: readonly string[];
  readonly port: number;
  readonly upstream: readonly UpstreamServer[];
  /** Names that are answered to nobody. */
  readonly blocked?: BlockList;
  /** Who may ask, by tunnel address. */
  readonly isClient: (address: string) => boolean;
}

export interface Resolver {
  readonly counts: { asked: number; answered: number; refused: number; failed: number };
  /** Whether an upstream server answered when one was asked last; null: none has been. */
  readonly reachable: boolean | null;
  /** Asks the upstream servers for a name of IANA's, to see whether one answers. */
  look(): Promise<boolean>;
  close(): Promise<void>;
}

/** Each question in flight holds a socket: bounds for all clients together and for one. */
const MAX_IN_FLIGHT = 512;
const MAX_IN_FLIGHT_EACH = 64;
const MAX_TCP_EACH = 8;
const TCP_IDLE_MS = 10_000;
/** RFC 2606: it stays. */
const KNOWN: Query = { id: 0, question: { type: 'A', name: 'example.com' }, payload: 1232, wantsDnssec: false };

/** @throws when an address cannot be bound. */
export async function startResolver(options: ResolverOptions): Promise<Resolver> {
  const counts = { asked: 0, answered: 0, refused: 0, failed: 0 };
  const upstream = openUpstream(options.upstream);
  let reachable: boolean | null = null;
  async function ask(query: Query): Promise<Buffer | null> {
    const answer = await upstream.ask(query);
    reachable = answer !== null;
    return answer;
  }
  const blocked = (name: string) => options.blocked !== undefined && isBlocked(options.blocked, name);
  const inFlight = new Tally(MAX_IN_FLIGHT, MAX_IN_FLIGHT_EACH);
  const connections = new Tally(MAX_IN_FLIGHT, MAX_TCP_EACH);

  /** Null: say nothing. */
  async function answer(message: Uint8Array, from: string): Promise<{ query: Query | null; bytes: Buffer } | null> {
    counts.asked++;
    const query = parseQuery(message);
    if (!query) return null;
    if ('rcode' in query) {
      counts.refused++;
      return { query: null, bytes: refusal(query, query.rcode) };
    }
    if (blocked(query.question.name)) {
      counts.refused++;
      return { query, bytes: refusal(query, 'REFUSED') };
    }
    if (!inFlight.enter(from)) {
      counts.refused++;
      return { query, bytes: refusal(query, 'SERVFAIL') };
    }
    try {
      const found = await ask(query);
      if (!found) {
        counts.failed++;
        return { query, bytes: refusal(query, 'SERVFAIL') };
      }
      const lured = aliasesIn(found).some(blocked);
      counts[lured ? 'refused' : 'answered']++;
      return { query, bytes: lured ? refusal(query, 'REFUSED') : answerFor(query, found) };
    } catch {
      counts.failed++;
      return { query, bytes: refusal(query, 'SERVFAIL') };
    } finally {
      inFlight.leave(from);
    }
  }

  async function bindUdp(address: string): Promise<dgram.Socket> {
    const socket = dgram.createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4' });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(options.port, address, resolve);
    });
    socket.removeAllListeners('error');
    socket.on('error', () => {});
    socket.on('message', async (message, from) => {
      if (!options.isClient(from.address)) return;
      const reply = await answer(message, from.address);
      if (!reply) return;
      const bytes = reply.query ? fitting(reply.query, reply.bytes) : reply.bytes;
      try {
        socket.send(bytes, from.port, from.address, () => {});
      } catch {
        // Closed while the upstream was thinking: the client is gone as well.
      }
    });
    return socket;
  }

  async function bindTcp(address: string): Promise<{ server: Server; sockets: Set<Socket> }> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      const from = socket.remoteAddress ?? '';
      socket.on('error', () => socket.destroy());
      if (!options.isClient(from) || !connections.enter(from)) return void socket.destroy();
      sockets.add(socket);
      socket.setTimeout(TCP_IDLE_MS, () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        connections.leave(from);
      });
      serveTcp(socket, (message) => answer(message, from));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(options.port, address, resolve);
    });
    return { server, sockets };
  }

  const udp = await Promise.all(options.addresses.map(bindUdp));
  const tcp = await Promise.all(options.addresses.map(bindTcp));
  return {
    counts,
    get reachable() {
      return reachable;
    },
    look: async () => (await ask(KNOWN)) !== null,
    async close() {
      upstream.close();
      for (const { sockets } of tcp) for (const socket of sockets) socket.destroy();
      await Promise.all([
        ...udp.map((socket) => new Promise<void>((resolve) => socket.close(resolve))),
        ...tcp.map(({ server }) => new Promise<void>((resolve) => void server.close(() => resolve()))),
      ]);
    },
  };
}

/** One question after the other on a connection (RFC 7766 lets us), so a client cannot queue up work. */
function serveTcp(socket: Socket, answer: (message: Uint8Array) => Promise<{ bytes: Buffer } | null>): void {
  let received = Buffer.alloc(0);
  let busy = false;
  const next = async (): Promise<void> => {
    if (busy || received.length < 2) return;
    const end = 2 + received.readUInt16BE(0);
    if (received.length < end) return;
    const message = received.subarray(2, end);
    received = received.subarray(end);
    busy = true;
    socket.pause();
    const reply = await answer(message);
    busy = false;
    if (socket.destroyed) return;
    if (!reply) return void socket.destroy();
    socket.write(framed(reply.bytes));
    socket.resume();
    await next();
  };
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    if (received.length > 65_537 * 2) return void socket.destroy();
    void next();
  });
}

/** Counts what is going on, in all and for each client. */
class Tally {
  readonly #all: number;
  readonly #each: number;
  readonly #counts = new Map<string, number>();
  #total = 0;

  constructor(all: number, each: number) {
    this.#all = all;
    this.#each = each;
  }

  enter(who: string): boolean {
    const count = this.#counts.get(who) ?? 0;
    if (this.#total >= this.#all || count >= this.#each) return false;
    this.#counts.set(who, count + 1);
    this.#total++;
    return true;
  }

  leave(who: string): void {
    const count = (this.#counts.get(who) ?? 1) - 1;
    if (count === 0) this.#counts.delete(who);
    else this.#counts.set(who, count);
    this.#total--;
  }
}
