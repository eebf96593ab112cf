/**
 * One process of the lab: in a namespace, as a user, with its output in a log file. Its life ends
 * with `stop`, or with the lab.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PATIENCE } from '../patience.ts';

export interface User {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups, e.g. the one that may speak to netd. */
  readonly groups: readonly number[];
  readonly home: string;
  /** What its service unit would grant (AmbientCapabilities=), in setpriv's words: `net_bind_service`. */
  readonly capability?: string;
}

export interface StartOptions {
  readonly name: string;
  readonly namespace: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly logs: string;
  /** Absent: root. */
  readonly user?: User | undefined;
  readonly cwd?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly stdin?: string | undefined;
  /** An IPC channel on top of stdio (Node children only). */
  readonly ipc?: boolean | undefined;
}

const BASE_ENV = {
  PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
  WARREN_TEST_PATIENCE: String(PATIENCE),
};

/** `ip netns exec NS [setpriv …] command args`: every step execs, so the pid stays one and the same. */
export function wrapped(namespace: string, user: User | undefined, command: string, args: readonly string[]): string[] {
  const identity = user
    ? [
        'setpriv',
        `--reuid=${user.uid}`,
        `--regid=${user.gid}`,
        user.groups.length > 0 ? `--groups=${user.groups.join(',')}` : '--clear-groups',
        ...capabilities(user),
      ]
    : [];
  return ['netns', 'exec', namespace, ...identity, command, ...args];
}

function capabilities({ capability }: User): string[] {
  const set = capability ? `-all,+${capability}` : '-all';
  return [`--inh-caps=${set}`, `--ambient-caps=${set}`];
}

/** In front of a command in a namespace: anybody may make a TUN device there, as distributions have it. */
export const OPEN_TUN: readonly string[] = [
  ...['sh', '-c'],
  'mount -t tmpfs -o mode=0755 none /dev/net && mknod -m 0666 /dev/net/tun c 10 200 && exec "$@"',
  'sh',
];

export class LabProcess {
  readonly name: string;
  readonly child: ChildProcess;
  readonly logFile: string;
  readonly exited: Promise<number | null>;
  #text = '';
  #waiters: { readonly pattern: RegExp; readonly resolve: (match: RegExpExecArray) => void }[] = [];
  #ended = false;

  constructor(options: StartOptions) {
    this.name = options.name;
    this.logFile = join(options.logs, `${options.name}.log`);
    const log = createWriteStream(this.logFile, { flags: 'a' });
    this.child = spawn('ip', wrapped(options.namespace, options.user, options.command, options.args), {
      cwd: options.cwd ?? '/',
      env: { ...BASE_ENV, HOME: options.user?.home ?? '/nonexistent', ...options.env },
      stdio: ['pipe', 'pipe', 'pipe', ...(options.ipc ? (['ipc'] as const) : [])],
      detached: true,
    });
    this.child.stdin?.on('error', () => {});
    this.child.stdin?.end(options.stdin ?? '');
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        log.write(chunk);
        this.#text = (this.#text + chunk.toString()).slice(-200_000);
        this.#look();
      });
    }
    this.exited = new Promise((resolve) => {
      this.child.once('error', () => resolve(null));
      this.child.once('exit', (code) => {
        this.#ended = true;
        resolve(code);
      });
      // What it said last may arrive after its end.
      this.child.once('close', () => log.end());
    });
  }

  get pid(): number {
    return this.child.pid ?? -1;
  }

  get running(): boolean {
    return !this.#ended;
  }

  /** What it printed so far (the last 200,000 characters). */
  get output(): string {
    return this.#text;
  }

  /** Resolves when its output matches. @throws when it ends or the time is over before that. */
  async prints(pattern: RegExp, timeoutMs = 20_000): Promise<RegExpExecArray> {
    const now = pattern.exec(this.#text);
    if (now) return now;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise((resolve, reject) => {
        const fail = (why: string): void => reject(new Error(`${this.name} ${why}\n${this.tail()}`));
        const limit = timeoutMs * PATIENCE;
        timer = setTimeout(() => fail(`did not print ${pattern} within ${limit} ms`), limit);
        this.#waiters.push({ pattern, resolve });
        void this.exited.then((code) => fail(`ended with ${code} before it printed ${pattern}`));
      });
    } finally {
      clearTimeout(timer);
    }
  }

  tail(lines = 20): string {
    return this.#text.trimEnd().split('\n').slice(-lines).join('\n');
  }

  kill(signal: NodeJS.Signals): void {
    if (!this.#ended) this.child.kill(signal);
  }

  /** SIGTERM, and SIGKILL when that did not end it within the grace time. */
  async stop(graceMs = 3_000): Promise<void> {
    this.kill('SIGTERM');
    const timer = setTimeout(() => this.kill('SIGKILL'), graceMs);
    await this.exited;
    clearTimeout(timer);
  }

  #look(): void {
    this.#waiters = this.#waiters.filter(({ pattern, resolve }) => {
      const match = pattern.exec(this.#text);
      if (match) resolve(match);
      return match === null;
    });
  }
}

/** The whole log from disk, for claims over everything a process ever printed. */
export function wholeLog(process: LabProcess): string {
  return readFileSync(process.logFile, 'utf8');
}
