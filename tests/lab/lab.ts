/**
 * One lab: a private internet in network namespaces, with homes behind NATs. Whatever it makes bears
 * its id and goes with `close()`, on a signal, and (through the guardian) when this process is killed.
 * Knows wires, names and sites; knows nothing of Warren itself (scene.ts does).
 */
import { spawn } from 'node:child_process';
import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { type Capture, startCapture } from './capture.ts';
import { createCertificate, type SiteCertificate } from './certificates.ts';
import { ownerFile, reapDeadLabs, removeLab } from './cleanup.ts';
import { type CodeCache, shareCode } from './code-cache.ts';
import type { DnsQuestion } from './dns.ts';
import type { Home, HomeOptions } from './home.ts';
import { type LabPaths, newId, paths, processStamp, ROOT } from './identity.ts';
import { resolversOf } from './names.ts';
import type { Visit } from './origins.ts';
import { LabProcess, type User } from './process.ts';
import { programOf } from './programs.ts';
import { run } from './run.ts';
import { SERVERS, SERVERS6 } from './servers.ts';
import { createHome, createInternet } from './topology.ts';
import type { WorldReport } from './world.ts';

export interface LabOptions {
  readonly homes: readonly HomeOptions[];
}

export interface StartInLab {
  readonly name: string;
  readonly namespace: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly user?: User;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly ipc?: boolean;
}

export class Lab {
  readonly paths: LabPaths;
  readonly inet: string;
  readonly homes: ReadonlyMap<string, Home>;
  readonly certificate: SiteCertificate;
  readonly visits: Visit[] = [];
  readonly questions: DnsQuestion[] = [];
  readonly processes: LabProcess[] = [];
  readonly #code: CodeCache;
  #world: LabProcess | null = null;
  #guardian: ReturnType<typeof startGuardian>;
  #pending = new Map<number, (answer: Extract<WorldReport, { type: 'answer' }>) => void>();
  #nextId = 1;
  #watchers = new Set<() => void>();
  #onSignal: (signal: NodeJS.Signals) => void;

  constructor(parts: {
    readonly paths: LabPaths;
    readonly inet: string;
    readonly homes: readonly Home[];
    readonly certificate: SiteCertificate;
    readonly code: CodeCache;
    readonly guardian: ReturnType<typeof startGuardian>;
    readonly onSignal: (signal: NodeJS.Signals) => void;
  }) {
    this.paths = parts.paths;
    this.inet = parts.inet;
    this.homes = new Map(parts.homes.map((home) => [home.name, home]));
    this.certificate = parts.certificate;
    this.#code = parts.code;
    this.#guardian = parts.guardian;
    this.#onSignal = parts.onSignal;
  }

  home(name: string): Home {
    const home = this.homes.get(name);
    if (!home) throw new RangeError(`no such home: ${name}`);
    return home;
  }

  start(options: StartInLab): LabProcess {
    const process = new LabProcess({
      ...options,
      env: { ...this.#code.env, ...options.env },
      logs: this.paths.logs,
    });
    this.processes.push(process);
    return process;
  }

  /** A TypeScript file of this work tree, on the pinned Node, as seen by any user of the lab. */
  startNode(
    options: Omit<StartInLab, 'command' | 'args'> & { readonly file: string; readonly args?: readonly string[] },
  ): LabProcess {
    const { file, args = [], ...rest } = options;
    return this.start({ ...rest, command: this.node, args: [this.source(file), ...args] });
  }

  get node(): string {
    return this.source('node_modules/.bin/node');
  }

  /** A file of this work tree as seen by any user of the lab; for one of our programs, what is run of it. */
  source(file: string): string {
    return join(this.paths.source, programOf(file));
  }

  /** A folder on the lab's tmpfs, owned by one user and closed to the others (or open to one group). */
  runtimeFolder(name: string, owner?: { readonly uid: number; readonly gid: number }, mode = 0o700): string {
    return ownedFolder(join(this.paths.run, name), owner, mode);
  }

  /** The same on a real disk. */
  diskFolder(name: string, owner?: { readonly uid: number; readonly gid: number }): string {
    return ownedFolder(join(this.paths.disk, name), owner, 0o700);
  }

  async startWorld(): Promise<void> {
    const { key, certificate } = this.certificate;
    const world = this.startNode({
      name: 'world',
      namespace: this.inet,
      file: 'tests/lab/world.ts',
      args: [JSON.stringify({ key, certificate })],
      ipc: true,
    });
    this.#world = world;
    await new Promise<void>((resolve, reject) => {
      void world.exited.then((code) => reject(new Error(`world ended with ${code}\n${world.tail()}`)));
      world.child.on('message', (report: WorldReport) => {
        if (report.type === 'ready') resolve();
        else if (report.type === 'visit') this.visits.push(report.visit);
        else if (report.type === 'question') this.questions.push(report.question);
        else this.#pending.get(report.id)?.(report);
        for (const watcher of this.#watchers) watcher();
      });
    });
  }

  /** Waits until packets of a home reach the internet and come back. @throws when none does. */
  async settle(home: Home): Promise<void> {
    const probe = this.startNode({
      name: `reach-${home.name}`,
      namespace: home.host,
      file: 'tests/lab/reach.ts',
      args: resolversOf(home),
    });
    if ((await probe.exited) !== 0) throw new Error(`${home.name} never reached the internet: ${probe.tail()}`);
  }

  /** One JSON-RPC call to the chain, from inside the internet. @throws what the node answered. */
  async rpc(method: string, params: unknown = []): Promise<unknown> {
    const id = this.#nextId++;
    const answer = await new Promise<Extract<WorldReport, { type: 'answer' }>>((resolve) => {
      this.#pending.set(id, resolve);
      this.#world?.child.send({ id, method, params });
    });
    this.#pending.delete(id);
    if (answer.error !== undefined)
      throw Object.assign(new Error(`${method}: ${JSON.stringify(answer.error)}`), answer.error);
    return answer.result;
  }

  capture(name: string, home: Home): Promise<Capture> {
    const { run: folder, logs } = this.paths;
    return startCapture({ name, namespace: home.router, link: 'lan', folder, logs });
  }

  /** Copies all logs to a folder that stays, for a run that failed. Returns the folder. */
  async keepLogs(): Promise<string> {
    const folder = join(ROOT, 'artifacts', `lab-${this.paths.id}`);
    await cp(this.paths.logs, folder, { recursive: true });
    return folder;
  }

  async close(): Promise<void> {
    for (const signal of SIGNALS) process.off(signal, this.#onSignal);
    removeLab(this.paths.id);
    this.#code.end();
    await this.#guardian.release();
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Builds the wires and starts names and sites. About a second. Needs root. */
export async function createLab(options: LabOptions): Promise<Lab> {
  if (process.getuid?.() !== 0) throw new Error('network namespaces need root: run ./warren, which asks for it');
  reapDeadLabs();
  const id = newId();
  const where = paths(id);
  mkdirSync(where.run, { mode: 0o755 });
  const guardian = startGuardian(id);
  const onSignal = (signal: NodeJS.Signals): void => {
    removeLab(id);
    process.exit(signal === 'SIGINT' ? 130 : 143);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'mode=0755,nosuid,nodev', 'tmpfs', where.run]);
    writeFileSync(ownerFile(id), processStamp(process.pid) ?? '');
    for (const folder of [where.source, where.logs]) mkdirSync(folder, { mode: 0o755 });
    mkdirSync(where.disk, { mode: 0o755 });
    // With what is mounted in it, but apart from it: whatever is taken away here stays there.
    await run('mount', ['--rbind', '--make-rprivate', ROOT, where.source]);
    await run('mount', ['-o', 'remount,bind,ro', where.source]);
    const code = await shareCode(where.code, where.uid);
    const [inet, certificate] = await Promise.all([
      createInternet(id),
      createCertificate(where.run, Object.keys({ ...SERVERS.origins, ...SERVERS6.origins }), [
        ...SERVERS.turn,
        ...SERVERS6.turn,
      ]),
    ]);
    const homes = await Promise.all(options.homes.map((home) => createHome(id, home)));
    const lab = new Lab({ paths: where, inet, homes, certificate, code, guardian, onSignal });
    await Promise.all([lab.startWorld(), ...homes.map((home) => lab.settle(home))]);
    return lab;
  } catch (error) {
    removeLab(id);
    await guardian.release();
    throw error;
  }
}

function startGuardian(id: string): { readonly release: () => Promise<void> } {
  const child = spawn(process.execPath, [join(ROOT, 'tests/lab/guardian.ts'), id], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  child.unref();
  return {
    release: () =>
      new Promise((resolve) => {
        child.ref();
        child.once('exit', () => resolve());
        child.stdin?.end();
      }),
  };
}

function ownedFolder(
  path: string,
  owner: { readonly uid: number; readonly gid: number } | undefined,
  mode: number,
): string {
  mkdirSync(path, { recursive: true, mode });
  if (owner) chownSync(path, owner.uid, owner.gid);
  return path;
}
