/**
 * What it takes to run one helper for 10,000 providers: the real helper, alone on one core, and beside it on
 * the other simulated peers (real sockets, real messages). CPU is what the kernel booked on the helper, so other
 * work on the machine hardly counts. Also the basis of docs/SCALE.md.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Done, What } from './helper-programs/clients.ts';
import type { ProvidersOptions, ProvidersReport } from './helper-programs/providers.ts';

const PROVIDERS = Number(process.env.WARREN_BENCH_PROVIDERS ?? 10_000);
/** Each process holds two descriptors a provider. */
const PROCESSES = 2;
const CLIENT_SOCKETS = 120;
const IDLE_MS = 60_000;
const RUN_MS = 8_000;
/** Clock ticks a second in /proc, on every Linux that Node runs on. */
const TICKS = 100;
const STUN = [
  { address: '127.8.0.1', port: 43_478 },
  { address: '127.8.0.2', port: 43_478 },
];
const [HELPER_CORE, PEERS_CORE] = [0, 1];

interface Operation {
  /** On the helper's core, ms of CPU for one. */
  readonly cpuMs: number;
  /** What one core can carry, from that. */
  readonly perSecondOfACore: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly bytesToTheClient: number;
}

export interface HelperBench {
  readonly providers: number;
  /** Connect, listen and publish, ms of CPU each. */
  readonly joinCpuMs: number;
  readonly rssMB: { readonly empty: number; readonly joined: number; readonly end: number };
  /** Memory of one provider: its socket, its subscription and its offer. */
  readonly kBPerProvider: number;
  /** Nobody connects: pings, renewed offers, STUN from every provider each 20–25 s to both addresses. */
  readonly idle: { readonly cpuShare: number; readonly stunPerSecond: number; readonly stunAnswered: number };
  readonly list1000: Operation;
  readonly choice200: Operation;
  readonly ping: Operation;
  readonly handshake: Operation;
}

export async function benchHelper(): Promise<HelperBench> {
  const children: ChildProcess[] = [];
  const pinned = (core: number, file: string, args: readonly string[], ipc: boolean): ChildProcess => {
    const path = fileURLToPath(new URL(file, import.meta.url));
    const stdio = ipc ? (['ignore', 'ignore', 'inherit', 'ipc'] as const) : (['ignore', 'pipe', 'ignore'] as const);
    const child = spawn('taskset', ['-c', String(core), process.execPath, path, ...args], { stdio: [...stdio] });
    children.push(child);
    return child;
  };
  try {
    const helper = pinned(HELPER_CORE, '../../helper/main.ts', helperArguments(), false);
    const [line] = helper.stdout ? await once(createInterface({ input: helper.stdout }), 'line') : [''];
    const { ready } = JSON.parse(String(line)) as { ready: { relay: string } };
    const { pid = 0 } = helper;
    const empty = rssMB(pid);

    const beforeJoin = cpuMs(pid);
    const share = Math.ceil(PROVIDERS / PROCESSES);
    const homes = Array.from({ length: PROCESSES }, (_, n) => {
      const options: ProvidersOptions = { relay: ready.relay, stun: STUN, first: 1 + n * share, count: share };
      return pinned(PEERS_CORE, 'helper-programs/providers.ts', [JSON.stringify(options)], true);
    });
    await Promise.all(homes.map((home) => once(home, 'message')));
    const joinCpuMs = (cpuMs(pid) - beforeJoin) / PROVIDERS;
    const joined = rssMB(pid);

    const idle = await rest(pid, homes);
    const clients = pinned(
      PEERS_CORE,
      'helper-programs/clients.ts',
      [JSON.stringify({ relay: ready.relay, sockets: CLIENT_SOCKETS })],
      true,
    );
    await once(clients, 'message');
    const measure = (what: What) => operation(pid, clients, what, idle.cpuShare);
    const list1000 = await measure('list');
    const choice200 = await measure('choice');
    const ping = await measure('ping');
    const handshake = await measure('handshake');
    return {
      providers: PROVIDERS,
      joinCpuMs,
      rssMB: { empty, joined, end: rssMB(pid) },
      kBPerProvider: ((joined - empty) * 1000) / PROVIDERS,
      idle,
      list1000,
      choice200,
      ping,
      handshake,
    };
  } finally {
    for (const child of children) child.kill('SIGKILL');
  }
}

function helperArguments(): string[] {
  const [first, second] = STUN;
  const stun = [
    '--stun',
    `${first?.address}:${first?.port}`,
    '--stun-alt',
    `${second?.address}:${(second?.port ?? 0) + 1}`,
  ];
  return ['start', ...stun, '--relay', '127.0.0.1:0', '--log', 'silent'];
}

async function rest(pid: number, homes: readonly ChildProcess[]): Promise<HelperBench['idle']> {
  const before = await reports(homes);
  const began = performance.now();
  const cpu = cpuMs(pid);
  await sleep(IDLE_MS);
  const ms = performance.now() - began;
  const cpuShare = (cpuMs(pid) - cpu) / ms;
  const after = await reports(homes);
  const asked = after.asked - before.asked;
  return { cpuShare, stunPerSecond: (asked * 1000) / ms, stunAnswered: (after.answered - before.answered) / asked };
}

async function reports(homes: readonly ChildProcess[]): Promise<ProvidersReport> {
  const all = await Promise.all(
    homes.map(async (home) => {
      home.send('report');
      const [report] = (await once(home, 'message')) as [ProvidersReport];
      return report;
    }),
  );
  const sum = (pick: (report: ProvidersReport) => number) => all.reduce((total, report) => total + pick(report), 0);
  return { asked: sum((r) => r.asked), answered: sum((r) => r.answered), signals: sum((r) => r.signals) };
}

/** What the idle providers cost meanwhile is taken off. */
async function operation(pid: number, clients: ChildProcess, what: What, idleShare: number): Promise<Operation> {
  const began = performance.now();
  const before = cpuMs(pid);
  clients.send({ what, ms: RUN_MS });
  const [answer] = (await once(clients, 'message')) as [Done | { error: string }];
  if ('error' in answer) throw new Error(`${what}: ${answer.error}`);
  const own = cpuMs(pid) - before - idleShare * (performance.now() - began);
  const each = own / answer.done;
  return {
    cpuMs: each,
    perSecondOfACore: 1000 / each,
    p50Ms: answer.p50,
    p99Ms: answer.p99,
    bytesToTheClient: answer.bytes,
  };
}

/** User and system time of a process. */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS;
}

function rssMB(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1000;
}

if (import.meta.main) console.log(JSON.stringify(await benchHelper(), null, 2));
