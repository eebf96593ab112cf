/**
 * The Unix socket: lines in, answers out, one request of a connection at a time and in order. When a
 * connection ends, for whatever reason, all that it created is destroyed.
 */
import { chmodSync, chownSync, lstatSync, statSync, unlinkSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import * as v from 'valibot';
import { asWarrenError, WarrenError } from '../../shared/base/errors.ts';
import { LineSplitter } from '../../shared/node/lines.ts';
import { MAX_LINE_BYTES, NetdRequestSchema } from '../../shared/wire/netd.ts';
import { CommandFailed } from './commands.ts';
import type { Log } from './machine.ts';
import { peerUser } from './peer-user.ts';
import type { Owner, Tunnels } from './tunnels.ts';

const MAX_CONNECTIONS = 32;
/** Requests read ahead of the one being done; beyond it the socket is not read. */
const MAX_QUEUED = 64;
/** How long a port that became another user's may still be spliced. */
const LOOK_EVERY_MS = 2_000;

export interface ServerOptions {
  readonly path: string;
  readonly gid: number;
  readonly tunnels: Tunnels;
  /** Without it nobody's user can be told, and nothing is spliced. */
  readonly perl: string | null;
  readonly log: Log;
}

/** @throws Error when another netd answers at this path. */
export async function listen({ path, gid, tunnels, perl, log }: ServerOptions): Promise<Server> {
  await removeStale(path);
  const connections = new Set<Connection>();
  const server = createServer((socket) => {
    const user = perl === null ? Promise.resolve(null) : peerUser(perl, socket);
    const connection = new Connection(socket, tunnels.owner(user), log);
    connections.add(connection);
    socket.once('close', () => connections.delete(connection));
  });
  setInterval(() => {
    for (const connection of connections) connection.look();
  }, LOOK_EVERY_MS).unref();
  server.maxConnections = MAX_CONNECTIONS;
  // Nobody but root between bind() and chown().
  const before = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
  } finally {
    process.umask(before);
  }
  if (statSync(path).gid !== gid) chownSync(path, 0, gid);
  chmodSync(path, 0o660);
  return server;
}

class Connection {
  readonly #socket: Socket;
  readonly #owner: Owner;
  readonly #log: Log;
  readonly #lines = new LineSplitter(MAX_LINE_BYTES);
  #work: Promise<void> = Promise.resolve();
  #queued = 0;

  constructor(socket: Socket, owner: Owner, log: Log) {
    this.#socket = socket;
    this.#owner = owner;
    this.#log = log;
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => void this.#owner.abandon(this.#work));
  }

  look(): void {
    if (!this.#socket.destroyed) this.#enqueue(() => this.#owner.look());
  }

  #read(chunk: Buffer): void {
    try {
      for (const line of this.#lines.push(chunk)) this.#enqueue(() => this.#answer(line));
    } catch {
      this.#send(0, { error: tooLarge().data() });
      this.#socket.destroySoon();
    }
  }

  #enqueue(task: () => Promise<void>): void {
    if (++this.#queued >= MAX_QUEUED) this.#socket.pause();
    this.#work = this.#work
      .then(task)
      .catch((error: unknown) => this.#log('warn', 'a request failed without an answer', error))
      .finally(() => {
        if (--this.#queued < MAX_QUEUED && !this.#socket.destroyed) this.#socket.resume();
      });
  }

  async #answer(line: string): Promise<void> {
    // Whoever left gets nothing built: what is queued behind the close would only be torn down again.
    if (this.#socket.destroyed) return;
    const frame = parseFrame(line);
    const request = v.safeParse(NetdRequestSchema, frame);
    if (!request.success) return this.#send(idOf(frame), { error: malformed(frame).data() });
    const { id, body } = request.output;
    try {
      this.#send(id, { result: await this.#owner.handle(body) });
    } catch (error) {
      if (!(error instanceof WarrenError)) this.#log('warn', `"${body.verb}" failed`, error);
      this.#send(id, { error: publicError(error).data() });
    }
  }

  #send(id: number, answer: { readonly result: unknown } | { readonly error: unknown }): void {
    if (!this.#socket.destroyed) this.#socket.write(`${JSON.stringify({ id, ...answer })}\n`);
  }
}

/** What a program of the system wrote may name routes and links of the machine: it stays in the log. */
function publicError(error: unknown): WarrenError {
  if (!(error instanceof CommandFailed)) return asWarrenError(error);
  return new WarrenError(
    'internal',
    `The system refused a step (${error.program.split('/').at(-1)}).`,
    'Run "journalctl -u warren-netd" for the details.',
  );
}

function parseFrame(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

/** The id of a frame that is otherwise wrong, so that its sender learns which one it was. */
function idOf(frame: unknown): number {
  const id = typeof frame === 'object' && frame !== null && 'id' in frame ? frame.id : 0;
  return typeof id === 'number' && Number.isSafeInteger(id) && id >= 0 ? id : 0;
}

function malformed(frame: unknown): WarrenError {
  const body = typeof frame === 'object' && frame !== null && 'body' in frame ? frame.body : null;
  const verb = typeof body === 'object' && body !== null && 'verb' in body ? body.verb : null;
  return new WarrenError(
    'frame_malformed',
    typeof verb === 'string'
      ? `A request "${verb.slice(0, 20)}" does not fit the protocol.`
      : 'A request could not be read.',
    'Install the same release of both programs.',
  );
}

function tooLarge(): WarrenError {
  return new WarrenError('frame_too_large', `A request exceeds ${MAX_LINE_BYTES} bytes.`, 'Send less at once.');
}

/** A socket file that nobody answers is a killed predecessor's. */
async function removeStale(path: string): Promise<void> {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat) return;
  if (!stat.isSocket()) throw new Error(`${path} exists and is no socket`);
  const alive = await new Promise<boolean>((resolve) => {
    const socket = createConnection({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
  if (alive) throw new Error(`another warren-netd answers at ${path}`);
  unlinkSync(path);
}
