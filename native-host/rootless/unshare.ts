/**
 * The host's own namespace: starts the process of ../namespace in it, asks it things, and learns of its
 * end. unshare(1) makes the namespaces, as Node can not; with the first process of its process namespace
 * everything in it ends, whoever is killed and however.
 */
import { type ChildProcess, type SendHandle, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { CALLED } from '../../shared/base/called.ts';
import { ERROR_CODES, type ErrorCode, WarrenError } from '../../shared/base/errors.ts';
import type { Unsubscribe } from '../../shared/effects.ts';
import { type NamespaceAnswer, NamespaceAnswerSchema, type NamespaceBody } from '../../shared/wire/namespace.ts';

/** As netd: the caller's own id is root inside, and nothing outside. */
export const NAMESPACES = ['--user', '--map-root-user', '--net', '--mount', '--pid', '--fork', '--kill-child'];
const PROGRAMS = ['/usr/bin/unshare', '/bin/unshare'];
const MAIN = fileURLToPath(new URL('../namespace/main.ts', import.meta.url));
const START_LIMIT_MS = 10_000;
/** Longer than the slowest command that is run for us. */
const ANSWER_LIMIT_MS = 30_000;

export interface Answer {
  readonly result: unknown;
  readonly handle: unknown;
}

interface Waiting {
  resolve(answer: Answer): void;
  reject(error: WarrenError): void;
  readonly timer: NodeJS.Timeout;
}

export class Namespace {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  readonly #lost = new Set<() => void>();
  readonly #exited: Promise<void>;
  #nextId = 1;
  #ended = false;
  #stderr = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', (message, handle) => this.#receive(message, handle));
    child.on('error', () => this.#end());
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = `${this.#stderr}${chunk}`.slice(-1_000);
    });
    this.#exited = new Promise((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', () => resolve());
    });
    void this.#exited.then(() => this.#end());
  }

  /** @throws WarrenError `netd_unreachable` where this system allows none, `wireguard_unavailable`. */
  static async start(): Promise<Namespace> {
    const unshare = PROGRAMS.find((path) => existsSync(path));
    if (unshare === undefined || !existsSync(MAIN)) throw forbidden('a part of it is missing');
    const args = [...NAMESPACES, '--', process.execPath, '--disable-warning=ExperimentalWarning', MAIN];
    const namespace = new Namespace(spawn(unshare, args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], cwd: '/' }));
    try {
      await namespace.#wait(0, START_LIMIT_MS);
      return namespace;
    } catch (error) {
      await namespace.close();
      if (error instanceof WarrenError && error.code !== 'netd_unreachable') throw error;
      throw forbidden(namespace.#stderr.trim().split('\n').at(-1) ?? '');
    }
  }

  /** @throws WarrenError as it answered, `netd_unreachable` when it is gone. */
  ask(body: NamespaceBody, handle?: SendHandle): Promise<Answer> {
    if (this.#ended || !this.#child.connected) return Promise.reject(gone());
    const id = this.#nextId++;
    const answer = this.#wait(id, ANSWER_LIMIT_MS);
    this.#child.send({ id, body }, handle, {}, (error) => error && this.#waiting.get(id)?.reject(gone()));
    return answer;
  }

  /** Not after `close`. */
  onLost(handler: () => void): Unsubscribe {
    this.#lost.add(handler);
    return () => this.#lost.delete(handler);
  }

  /** Everything in it ends at once. */
  async close(): Promise<void> {
    this.#lost.clear();
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  #wait(id: number, limitMs: number): Promise<Answer> {
    return new Promise<Answer>((resolve, reject) => {
      // One that hangs is no better than one that is gone, and its tunnels have to go too.
      const timer = setTimeout(() => this.#child.kill('SIGKILL'), limitMs);
      this.#waiting.set(id, { resolve, reject, timer });
    }).finally(() => {
      clearTimeout(this.#waiting.get(id)?.timer);
      this.#waiting.delete(id);
    });
  }

  #receive(message: unknown, handle: unknown): void {
    const answer = v.safeParse(NamespaceAnswerSchema, message);
    if (!answer.success) return void this.#child.kill('SIGKILL');
    const { id, result, error } = answer.output;
    const waiting = this.#waiting.get(id);
    if (error) waiting?.reject(refused(error));
    else waiting?.resolve({ result, handle });
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const waiting of this.#waiting.values()) waiting.reject(gone());
    for (const handler of [...this.#lost]) handler();
  }
}

function refused({ code, message, action }: NonNullable<NamespaceAnswer['error']>): WarrenError {
  const known: ErrorCode = Object.hasOwn(ERROR_CODES, code) ? (code as ErrorCode) : 'internal';
  return new WarrenError(known, message.slice(0, 500), action.slice(0, 500));
}

function gone(): WarrenError {
  const message = 'The process that held the tunnels ended; they are gone, and nothing leaves outside them.';
  return new WarrenError('netd_unreachable', message, 'Wait a moment: it is started again by itself.');
}

/** @param why for whoever reads the cause; it differs from system to system. */
function forbidden(why: string): WarrenError {
  return new WarrenError(
    'netd_unreachable',
    'The network daemon is not installed, and this system lets no ordinary user make a network of their own.',
    `Run "${CALLED.daemon}", or "${CALLED.doctor}" to see why.`,
    { cause: new Error(why) },
  );
}
