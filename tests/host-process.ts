/** Starts the real warren-host and speaks the native protocol with it, as a browser does. For tests and benches. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { encodeFrame, FrameDecoder } from '../native-host/native-port.ts';
import {
  type DownInput,
  type Exit,
  type Method,
  RESULT_SCHEMAS,
  type Result,
  type Snapshot,
  type Up,
  UpSchema,
} from '../shared/wire/native.ts';
import { programOf } from './lab/programs.ts';
import { PATIENCE } from './patience.ts';

type Body = Extract<DownInput, { type: 'request' }>['body'];

export interface HostProcess {
  readonly child: ChildProcess;
  readonly ups: Up[];
  say(message: DownInput): void;
  /** Raw bytes, for what no extension would send. */
  write(bytes: Uint8Array): void;
  ask<M extends Method>(body: Extract<Body, { method: M }>): Promise<Result<M>>;
  snapshot(): Snapshot | undefined;
  exit(id: string): Exit | undefined;
  /** Resolves with the first message, said before or after, for which it holds. @throws after `limit` ms, with what was last seen. */
  until(what: string, condition: (host: HostProcess) => boolean, limit?: number): Promise<void>;
  /** Closes stdin, as a browser does. Resolves with exit code and the ms that it took. */
  end(): Promise<{ readonly code: number | null; readonly ms: number }>;
}

export const HOST_MAIN = fileURLToPath(new URL(`../${programOf('native-host/main.ts')}`, import.meta.url));

export interface StartHostOptions {
  /** How Node is run: the default is this very Node; a lab puts namespace and user in front. */
  readonly command?: readonly string[];
  readonly main?: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export function startHost(options: StartHostOptions): HostProcess {
  const [command = process.execPath, ...before] = options.command ?? [process.execPath];
  const child = spawn(command, [...before, options.main ?? HOST_MAIN, ...options.args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
  });
  const decoder = new FrameDecoder();
  const ups: Up[] = [];
  const watchers = new Set<() => void>();
  let stderr = '';
  let nextId = 1;
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr = `${stderr}${chunk}`.slice(-4_000);
  });
  child.stdout?.on('data', (chunk: Buffer) => {
    for (const frame of decoder.push(chunk)) {
      if ('error' in frame) throw frame.error;
      ups.push(v.parse(UpSchema, JSON.parse(new TextDecoder().decode(frame.payload))));
    }
    for (const watcher of [...watchers]) watcher();
  });
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  void exited.then(() => {
    for (const watcher of [...watchers]) watcher();
  });

  const host: HostProcess = {
    child,
    ups,
    say: (message) => void child.stdin?.write(encodeFrame(message)),
    write: (bytes) => void child.stdin?.write(bytes),
    async ask<M extends Method>(body: Extract<Body, { method: M }>): Promise<Result<M>> {
      const id = nextId++;
      host.say({ type: 'request', id, body: body as Body });
      const answer = () => ups.find((up) => up.type === 'response' && up.id === id);
      await host.until(`an answer to ${body.method}`, () => answer() !== undefined, 15_000);
      const found = answer();
      if (found?.type !== 'response' || found.error) throw Object.assign(new Error(JSON.stringify(found)), found);
      return v.parse(RESULT_SCHEMAS[body.method as M] as v.GenericSchema<unknown, Result<M>>, found.result);
    },
    snapshot: () => ups.findLast((up): up is Snapshot => up.type === 'snapshot'),
    exit: (id) => host.snapshot()?.exits.find((exit) => exit.exitId === id),
    until: (what, condition, limit = 20_000) =>
      new Promise((resolve, reject) => {
        const done = (error?: Error) => {
          watchers.delete(look);
          clearTimeout(timer);
          if (error) reject(error);
          else resolve();
        };
        const told = () =>
          `${JSON.stringify(ups.at(-1), (_, value) => (typeof value === 'bigint' ? String(value) : value))}\n${stderr}`;
        const look = () => {
          if (condition(host)) done();
          else if (child.exitCode !== null || child.signalCode !== null)
            done(new Error(`the host ended (${child.exitCode ?? child.signalCode}) before ${what}: ${told()}`));
        };
        const late = () => done(new Error(`not within ${limit * PATIENCE} ms: ${what}; last: ${told()}`));
        const timer = setTimeout(late, limit * PATIENCE);
        watchers.add(look);
        look();
      }),
    async end() {
      const from = performance.now();
      child.stdin?.end();
      const code = await exited;
      return { code, ms: performance.now() - from };
    },
  };
  return host;
}
