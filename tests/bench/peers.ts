/**
 * A full node: a thousand idle clients on its one WireGuard interface and one public port, each come by a whole
 * handshake. What the thousandth waited for, and what memory all of them take. The lab adds no latency; clients,
 * node, relay, chain and WireGuard share this machine. Needs root and network namespaces.
 */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';
import { bundleNetd } from '../../native-host/install/netd-bundle.ts';
import { inNamespace } from '../lab/run.ts';
import { SERVERS } from '../lab/servers.ts';
import { ProviderLab, ScriptedClient, until } from '../net/provider-lab.ts';
import type { CrowdCommand, Joined } from './peers-crowd.ts';

export interface PeersBench {
  readonly peers: number;
  /** Joins that came to nothing, by why. A client that finds no way tries again. */
  readonly failedJoins: Readonly<Record<string, number>>;
  readonly wireGuardLinks: number;
  readonly publicPorts: number;
  /** Median of the last twenty joins, ms, one at a time, counted from the first message of the handshake. */
  readonly lastJoins: Joined;
  readonly firstJoins: Joined;
  /** Resident memory, MB of 10^6 bytes: with all of them, and of a node with nobody. */
  readonly rssMB: { readonly provider: number; readonly providerEmpty: number; readonly netd: number };
  /** Of one core, in percent, while all rest. */
  readonly idleCpuPercent: { readonly provider: number; readonly netd: number };
}

const PEERS = Number(process.env.WARREN_BENCH_PEERS ?? 1000);
const SAMPLE = 20;
const AT_A_TIME = 2;
/** The node takes twenty handshakes a second from strangers, and lets more of them fall. */
const PACE_MS = 130;
/** So many joins may fail: on a busy machine one in some hundreds finds no path in time, as a client that tries again. */
const SPARE = 50;
/** anvil's second account, which it signs for. */
const PAYER = '0x70997970c51812dc3a010c7d01b50e0d17dc79c8';
const REST_MS = Number(process.env.WARREN_BENCH_REST ?? 30_000);

/** As it is installed: one file. Run from its sources, Node keeps its TypeScript parser and every file's text in memory. */
const BUNDLE = 'artifacts/bench/provider';
const NETD = 'artifacts/bench/netd.mjs';

/** As their units have them (provider/warren-provider.service, native-host/netd/warren-netd.service). */
const NODE_OPTIONS = '--max-semi-space-size=1 --max-old-space-size=256';
const NETD_OPTIONS = '--max-semi-space-size=1 --max-old-space-size=128';
const ENVIRONMENT = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '131072',
  MALLOC_TRIM_THRESHOLD_: '131072',
};

export async function benchPeers(): Promise<PeersBench> {
  await bundle();
  writeFileSync(NETD, await bundleNetd('.'));
  const lab = await ProviderLab.create({ file: NETD, env: { NODE_OPTIONS: NETD_OPTIONS, ...ENVIRONMENT } });
  try {
    lab.program = `${BUNDLE}/main.mjs`;
    lab.nodeOptions = NODE_OPTIONS;
    lab.environment = ENVIRONMENT;
    await lab.chain.give(PAYER as never, { token: String(PEERS + SPARE), coin: '10' });
    const provider = await lab.start(null, '--max-clients', String(PEERS + SPARE));
    const node = provider.child.pid ?? 0;
    const netd = lab.netd.child.pid ?? 0;
    const providerEmpty = rssMB(node);
    const crowd = new ScriptedClient(
      lab.lab.startNode({
        name: 'crowd',
        namespace: lab.lab.inet,
        file: 'tests/bench/peers-crowd.ts',
        args: [lab.network, lab.did, PAYER, SERVERS.origins['two.example']],
        ipc: true,
      }),
    );
    await crowd.ready;
    const gone = crowd.process.exited.then((code) => Promise.reject(new Error(`the crowd ended with ${code}`)));
    gone.catch(() => {});
    const ask = <T>(command: CrowdCommand): Promise<T> => Promise.race([crowd.ask<T>(command as never), gone]);
    await ask({ verb: 'fund', count: PEERS + SPARE });
    const failedJoins: Record<string, number> = {};
    const failed = () => Object.values(failedJoins).reduce((sum, count) => sum + count, 0);
    const joinOne = async (): Promise<Joined> => {
      for (let turnedAway = 0; ; ) {
        try {
          return await ask<Joined>({ verb: 'join' });
        } catch (error) {
          const why = error instanceof Error ? error.message : String(error);
          const isFull = why.includes('as many clients as it can');
          if (!isFull) failedJoins[why] = (failedJoins[why] ?? 0) + 1;
          if (failed() >= SPARE) throw error;
          // On a machine that is too busy it takes nobody for a while.
          if (isFull && ++turnedAway >= SPARE) throw error;
          await new Promise((resolve) => setTimeout(resolve, 1_000));
        }
      }
    };

    const first: Joined[] = [];
    for (let i = 0; i < SAMPLE; i++) first.push(await joinOne());
    for (let i = SAMPLE; i < PEERS - SAMPLE; i += AT_A_TIME) {
      const pace = new Promise((resolve) => setTimeout(resolve, PACE_MS));
      await Promise.all([...Array.from({ length: Math.min(AT_A_TIME, PEERS - SAMPLE - i) }, joinOne), pace]);
    }
    const last: Joined[] = [];
    for (let i = 0; i < SAMPLE; i++) last.push(await joinOne());

    // Of those who found no path the node hears no more, and lets them go.
    await until('all are there', async () => (await lab.status()).clients.active === PEERS, 90_000);
    const before = [cpuSeconds(node), cpuSeconds(netd)] as const;
    await new Promise((resolve) => setTimeout(resolve, REST_MS));
    const cpu = (pid: number, from: number) => (100 * (cpuSeconds(pid) - from)) / (REST_MS / 1000);
    const { clients, reach } = await lab.status();
    const links = await inNamespace(lab.lab.home('de').host, 'ip', ['-o', 'link']);
    return {
      peers: clients.active,
      failedJoins,
      wireGuardLinks: links.match(/: wrn\w+/g)?.length ?? 0,
      publicPorts: new Set([reach.port]).size,
      lastJoins: medians(last),
      firstJoins: medians(first),
      rssMB: { provider: rssMB(node), providerEmpty, netd: rssMB(netd) },
      idleCpuPercent: { provider: cpu(node, before[0]), netd: cpu(netd, before[1]) },
    };
  } finally {
    await lab.close();
  }
}

/** Resident memory, MB of 10^6 bytes (proc_pid_status(5)). */
function rssMB(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return (Number(kilobytes) * 1024) / 1e6;
}

/** User and system time (proc_pid_stat(5), fields 14 and 15; a hundred ticks a second). */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function medians(joins: readonly Joined[]): Joined {
  const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
  return {
    established: median(joins.map(({ established }) => established)),
    accepted: median(joins.map(({ accepted }) => accepted)),
    tunnel: median(joins.map(({ tunnel }) => tunnel)),
  };
}

async function bundle(): Promise<void> {
  await build({
    configFile: false,
    publicDir: false,
    logLevel: 'error',
    ssr: { noExternal: true, external: ['secp256k1'] },
    build: {
      ssr: 'provider/main.ts',
      target: 'node24',
      minify: false,
      outDir: BUNDLE,
      rolldownOptions: { output: { entryFileNames: 'main.mjs', chunkFileNames: '[name]-[hash].mjs' } },
    },
  });
  // It names its version.
  copyFileSync('package.json', join(BUNDLE, '..', 'package.json'));
}
