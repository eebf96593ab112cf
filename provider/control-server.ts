/**
 * The in-tunnel control channel (shared/wire/control.ts) from the provider's side: TCP on the gateway's
 * addresses, bounded lines, each checked by the schema. Who speaks is said twice: by the tunnel address,
 * which WireGuard vouches for, and by the session id of the handshake. It decides nothing about money.
 */
import { createServer, type Server, type Socket } from 'node:net';
import * as v from 'valibot';
import { WarrenError } from '../shared/base/errors.ts';
import type { Clock } from '../shared/effects.ts';
import { LineSplitter } from '../shared/node/lines.ts';
import {
  CONTROL_PORT,
  type ControlDownInput,
  type ControlUp,
  ControlUpSchema,
  MAX_CONTROL_LINE_BYTES,
} from '../shared/wire/control.ts';
import { DEAD_MS } from './liveness.ts';

/** One client's control connection, as its session sees it. */
export interface ControlLink {
  send(message: ControlDownInput): void;
  /** Ends it once everything sent has left. */
  end(): void;
}

/** What a session does with its control connection; a newer connection takes the place of an older one. */
export interface ControlOwner {
  /** 0x-hex, 32 bytes. */
  readonly sessionHex: string;
  onControl(link: ControlLink): void;
  onControlMessage(message: Exclude<ControlUp, { type: 'hello' }>): void;
  onControlEnd(link: ControlLink): void;
}

export interface ControlServerOptions {
  readonly addresses: readonly string[];
  readonly port?: number;
  readonly clock: Clock;
  /** The session that has this tunnel address. */
  readonly find: (tunnelAddress: string) => ControlOwner | null;
}

const HELLO_WITHIN_MS = 10_000;
/** 1 Gbit/s is 125 proofs a second; each costs a signature recovery. */
const LINES_PER_SECOND = 200;
const MAX_UNSENT_BYTES = 65_536;

/** @throws when an address cannot be bound. */
export async function startControlServer(options: ControlServerOptions): Promise<{ close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const newest: Newest = new WeakMap();
  const servers = await Promise.all(options.addresses.map(listen));

  async function listen(address: string): Promise<Server> {
    // A client that sleeps answers no keepalive, and may come back until then.
    const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: DEAD_MS }, (socket) => {
      const owner = options.find(socket.remoteAddress ?? '');
      socket.on('error', () => socket.destroy());
      if (!owner) return void socket.destroy();
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      serve(socket, owner, newest, options.clock);
    });
    server.maxConnections = 8192;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(options.port ?? CONTROL_PORT, address, resolve);
    });
    return server;
  }

  return {
    async close() {
      for (const socket of sockets) socket.destroy();
      await Promise.all(servers.map((server) => new Promise<void>((resolve) => void server.close(() => resolve()))));
    },
  };
}

/** The highest number of a connection that greeted. */
type Newest = WeakMap<ControlOwner, number>;

function serve(socket: Socket, owner: ControlOwner, newest: Newest, clock: Clock): void {
  const lines = new LineSplitter(MAX_CONTROL_LINE_BYTES);
  const budget = { left: 2 * LINES_PER_SECOND, at: clock.now() };
  let greeted = false;
  const link: ControlLink = {
    send(message) {
      // A client that does not read its answers is cut off rather than remembered.
      if (socket.writableLength > MAX_UNSENT_BYTES) return void socket.destroy();
      if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
    },
    end: () => void socket.end(),
  };
  const refuse = (error: WarrenError) => {
    link.send({ type: 'refused', error: error.data() });
    socket.end();
  };
  const cancel = clock.after(HELLO_WITHIN_MS, () => {
    if (!greeted) socket.destroy();
  });
  socket.on('close', () => {
    cancel();
    if (greeted) owner.onControlEnd(link);
  });
  socket.on('data', (chunk: Buffer) => {
    try {
      for (const line of lines.push(chunk)) {
        if (socket.writableEnded) return;
        if (!spend(budget, clock.now())) return refuse(tooMany());
        const parsed = v.safeParse(ControlUpSchema, parseJson(line));
        if (!parsed.success) return refuse(malformed());
        const message = parsed.output;
        if (message.type !== 'hello') {
          if (!greeted) return refuse(malformed());
          owner.onControlMessage(message);
        } else if (greeted || message.session !== owner.sessionHex) {
          return refuse(malformed());
        } else if (message.connection < (newest.get(owner) ?? 0)) {
          // Its hello was stuck in an outage, and the client has made another one since.
          return void socket.end();
        } else {
          newest.set(owner, message.connection);
          greeted = true;
          owner.onControl(link);
        }
      }
    } catch {
      refuse(malformed());
    }
  });
}

function spend(budget: { left: number; at: number }, now: number): boolean {
  budget.left = Math.min(2 * LINES_PER_SECOND, budget.left + ((now - budget.at) / 1000) * LINES_PER_SECOND) - 1;
  budget.at = now;
  return budget.left >= 0;
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

function malformed(): WarrenError {
  return new WarrenError('frame_malformed', 'The node could not understand a message.', 'Update Warren and try again.');
}

function tooMany(): WarrenError {
  return new WarrenError('rate_limited', 'Too many messages at once.', 'Update Warren and try again.');
}
