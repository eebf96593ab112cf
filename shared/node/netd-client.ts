/**
 * The one way to warren-netd: newline-delimited JSON over its Unix socket, every answer checked.
 * It decides nothing, and it never retries: when the connection is lost, all that was created over
 * it is gone, and its owner has to know.
 */
import { createConnection, type Socket } from 'node:net';
import * as v from 'valibot';
import { ERROR_CODES, type ErrorCode, WarrenError } from '../base/errors.ts';
import type { TunnelDevice, Unsubscribe } from '../effects.ts';
import {
  NETD_RESULTS,
  NETD_VERSION,
  NetdAnswerSchema,
  type NetdResult,
  type Verb,
  type VerbName,
} from '../wire/netd.ts';
import { LineSplitter } from './lines.ts';
import { patience } from './patience.ts';

/** Answers are larger than requests: the counters of thousands of peers come in one line. */
export const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
/**
 * From one answer to the next, while something is asked: longer than the slowest command that netd runs on our behalf
 * (its own limit is 10 s a command). It does one after the other, so a thousand questions at once, as when all of a
 * node's clients come back at the same time, are a long wait and no fault.
 */
export const SILENCE_MS = 30_000;

interface Waiting {
  readonly verb: VerbName;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: WarrenError) => void;
}

/**
 * Connects and agrees on the protocol version.
 * @throws WarrenError `netd_unreachable` (not running, no permission), `version_unsupported`.
 */
export async function connectNetd(socketPath: string): Promise<TunnelDevice> {
  const socket = await open(socketPath);
  const device = new NetdConnection(socket);
  try {
    const hello = await device.ask({ verb: 'hello', version: NETD_VERSION });
    if (hello.version !== NETD_VERSION) throw tooOld(hello.version);
    return device;
  } catch (error) {
    await device.close();
    throw error;
  }
}

class NetdConnection implements TunnelDevice {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  readonly #lost = new Set<() => void>();
  readonly #lines = new LineSplitter(MAX_ANSWER_BYTES);
  #nextId = 1;
  #closedByUs = false;
  #callOff = () => {};

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#ended());
  }

  ask<V extends VerbName>(body: Extract<Verb, { verb: V }>): Promise<NetdResult<V>> {
    if (this.#socket.destroyed || this.#closedByUs) return Promise.reject(connectionLost());
    const id = this.#nextId++;
    return new Promise<NetdResult<V>>((resolve, reject) => {
      const verb: V = body.verb;
      const accept = (result: unknown) => {
        const parsed = v.safeParse(NETD_RESULTS[verb], result);
        if (parsed.success) resolve(parsed.output as NetdResult<V>);
        else reject(malformed(verb));
      };
      if (this.#waiting.size === 0) this.#wait();
      this.#waiting.set(id, { verb, resolve: accept, reject });
      this.#socket.write(`${JSON.stringify({ id, body })}\n`);
    });
  }

  onLost(handler: () => void): Unsubscribe {
    this.#lost.add(handler);
    return () => this.#lost.delete(handler);
  }

  /** Resolves when the connection is down; netd then tears down what was created over it. */
  close(): Promise<void> {
    this.#closedByUs = true;
    if (this.#socket.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#socket.once('close', () => resolve());
      this.#socket.destroy();
    });
  }

  #read(chunk: Buffer): void {
    try {
      for (const line of this.#lines.push(chunk)) this.#answer(line);
    } catch {
      this.#socket.destroy();
    }
  }

  #answer(line: string): void {
    const answer = v.parse(NetdAnswerSchema, JSON.parse(line));
    const waiting = this.#waiting.get(answer.id);
    if (!waiting) return;
    this.#waiting.delete(answer.id);
    this.#callOff();
    if (this.#waiting.size > 0) this.#wait();
    if (answer.error) waiting.reject(refused(answer.error));
    else waiting.resolve(answer.result);
  }

  #wait(): void {
    this.#callOff = patience(SILENCE_MS, () => this.#socket.destroy());
  }

  #ended(): void {
    this.#callOff();
    for (const waiting of this.#waiting.values()) waiting.reject(connectionLost());
    this.#waiting.clear();
    if (this.#closedByUs) return;
    for (const handler of this.#lost) handler();
  }
}

function open(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ path });
    socket.once('error', (cause: NodeJS.ErrnoException) => reject(unreachable(path, cause)));
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}

function unreachable(path: string, cause: NodeJS.ErrnoException): WarrenError {
  if (cause.code === 'EACCES' || cause.code === 'EPERM')
    return new WarrenError(
      'netd_unreachable',
      `This user may not talk to warren-netd at ${path}.`,
      'Run "sudo usermod -aG warren $USER", then log out and in again.',
      { cause },
    );
  return new WarrenError(
    'netd_unreachable',
    `warren-netd does not answer at ${path}.`,
    'Run "sudo systemctl enable --now warren-netd".',
    { cause },
  );
}

function connectionLost(): WarrenError {
  return new WarrenError(
    'netd_unreachable',
    'The connection to warren-netd was lost; its tunnels are gone.',
    'Run "sudo systemctl restart warren-netd" if it does not come back by itself.',
  );
}

function tooOld(version: number): WarrenError {
  return new WarrenError(
    'version_unsupported',
    `warren-netd speaks version ${version}, this program speaks ${NETD_VERSION}.`,
    'Install the same release of both, then run "sudo systemctl restart warren-netd".',
  );
}

function malformed(verb: VerbName): WarrenError {
  return new WarrenError(
    'frame_malformed',
    `warren-netd answered "${verb}" with something that does not fit the protocol.`,
    'Install the same release of both, then run "sudo systemctl restart warren-netd".',
  );
}

function refused(error: { readonly code: string; readonly message: string; readonly action: string }): WarrenError {
  const code: ErrorCode = Object.hasOwn(ERROR_CODES, error.code) ? (error.code as ErrorCode) : 'netd_refused';
  return new WarrenError(code, error.message.slice(0, 500), error.action.slice(0, 500));
}
