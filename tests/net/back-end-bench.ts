/** One back end under test: an ordinary user's driver in the client's namespace, and a hand on what holds its tunnels. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { WarrenErrorData } from '../../shared/base/errors.ts';
import type { NetdResult, Verb, VerbName } from '../../shared/wire/netd.ts';
import { OPEN_TUN } from '../lab/process.ts';
import type { Order, Report } from './back-end-programs/orders.ts';
import { type Netd, type NetdLab, run, stop } from './netd-lab.ts';

const DRIVER = fileURLToPath(new URL('./back-end-programs/driver.ts', import.meta.url));
/** An ordinary user of this test alone; the group may speak to netd. */
const USER = 61_234;

export type BackEndName = 'netd' | 'rootless' | 'auto';

export class BackEndBench {
  readonly name: BackEndName;
  readonly #lab: NetdLab;
  readonly #driver: ChildProcess;
  #netd: Netd | null;
  readonly #waiting = new Map<number, (report: Report) => void>();
  #nextId = 1;

  private constructor(name: BackEndName, lab: NetdLab, driver: ChildProcess, netd: Netd | null) {
    this.name = name;
    this.#lab = lab;
    this.#driver = driver;
    this.#netd = netd;
    driver.on('message', (report: Report) => this.#waiting.get(report.id)?.(report));
  }

  static async start(lab: NetdLab, name: BackEndName): Promise<BackEndBench> {
    const netd = name === 'netd' ? await lab.netd(lab.client, 'client', String(USER)) : null;
    const user = ['setpriv', `--reuid=${USER}`, `--regid=${USER}`, '--clear-groups', '--inh-caps=-all'];
    const node = [process.execPath, '--disable-warning=ExperimentalWarning', DRIVER];
    const command = [...user, ...node, netd?.socket ?? `${lab.directory}/none.sock`, name];
    const driver = spawn('ip', ['netns', 'exec', lab.client.name, ...OPEN_TUN, ...command], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const bench = new BackEndBench(name, lab, driver, netd);
    await new Promise<void>((resolve, reject) => {
      bench.#waiting.set(0, () => resolve());
      driver.once('exit', (code) => reject(new Error(`the driver ended with ${code}`)));
    });
    return bench;
  }

  /** @throws the driver's error, as data. */
  async order(order: Order): Promise<unknown> {
    const id = this.#nextId++;
    const report = await new Promise<Report>((resolve) => {
      this.#waiting.set(id, resolve);
      this.#driver.send({ id, order });
    });
    this.#waiting.delete(id);
    if (report.error) throw Object.assign(new Error(report.error.message), report.error satisfies WarrenErrorData);
    return report.result;
  }

  async ask<V extends VerbName>(verb: Extract<Verb, { verb: V }>): Promise<NetdResult<V>> {
    return (await this.order({ what: 'ask', verb: verb as Verb })) as NetdResult<V>;
  }

  /** A program as root where the tunnels are. */
  async inside(program: string, ...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await run('nsenter', [`--net=/proc/${this.holder()}/ns/net`, program, ...args]);
    if (code !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
    return stdout;
  }

  spawnInside(program: string, ...args: readonly string[]): ChildProcess {
    return spawn('nsenter', [`--net=/proc/${this.holder()}/ns/net`, program, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  }

  /** The process that holds the tunnels: netd, or the one in the namespace. */
  holder(): number {
    const pid = this.#netd ? this.#netd.child.pid : this.#find('namespace/main.ts', 'unshare');
    if (pid === undefined) throw new Error('nothing holds the tunnels');
    return pid;
  }

  wireGuardGo(): number {
    const pid = this.#find('wireguard-go');
    if (pid === undefined) throw new Error('there is no wireguard-go');
    return pid;
  }

  /** Kills what holds the tunnels. A netd comes back as its service unit would bring it back. */
  async kill(): Promise<void> {
    if (!this.#netd) return void process.kill(this.holder(), 'SIGKILL');
    await stop(this.#netd.child, 'SIGKILL');
    this.#netd = await this.#lab.netd(this.#lab.client, 'client', String(USER));
  }

  /** Processes that the tunnels need, apart from netd itself. */
  processes(): readonly number[] {
    return this.#all().filter((pid) => /wireguard-go|namespace\/main\.ts/.test(commandOf(pid)));
  }

  async stop(): Promise<void> {
    await stop(this.#driver, 'SIGKILL');
    if (this.#netd) await stop(this.#netd.child, 'SIGTERM');
  }

  #find(name: string, not?: string): number | undefined {
    return this.#all().find((pid) => {
      const command = commandOf(pid);
      return command.includes(name) && (not === undefined || !command.includes(not));
    });
  }

  /** Every process of this lab's client: by its descent, since a namespace inside has no name. */
  #all(): readonly number[] {
    const parents = new Map<number, number>();
    for (const entry of readdirSync('/proc'))
      if (/^\d+$/.test(entry)) parents.set(Number(entry), parentOf(Number(entry)));
    const roots = new Set([this.#driver.pid, this.#netd?.child.pid]);
    const descends = (pid: number): boolean => {
      const parent = parents.get(pid);
      return roots.has(pid) || (parent !== undefined && parent > 1 && descends(parent));
    };
    return [...parents.keys()].filter(descends);
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

function parentOf(pid: number): number {
  try {
    return Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** The first words that a program says. */
export async function firstWords(program: ChildProcess): Promise<string> {
  const [chunk] = (await once(program.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  return chunk.toString();
}
