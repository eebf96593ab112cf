/**
 * What doing without root costs: the same file, through the local proxy of either back end, by turns. The
 * ratio is the figure; the Mbit/s belong to this machine. Needs root and network namespaces.
 */
import { chmodSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BackEndBench, firstWords } from '../net/back-end-bench.ts';
import { BackEndSession, PROVIDER_PORTS } from '../net/back-end-session.ts';
import { NetdLab, WEB4 } from '../net/netd-lab.ts';

export interface RootlessBench {
  /** Medians, payload only. */
  readonly netdMbps: number;
  readonly rootlessMbps: number;
  /** Median of the ratios of each pair of runs: what else the machine did falls on both alike. */
  readonly ratioToNetd: number;
}

const ROUNDS = 7;
const BYTES = 40_000_000;
const WEB_MAIN = fileURLToPath(new URL('../net/netd-programs/web-main.ts', import.meta.url));

export async function benchRootless(): Promise<RootlessBench> {
  const lab = new NetdLab();
  try {
    await lab.up();
    chmodSync(lab.directory, 0o755);
    const provider = await lab.netd(lab.provider, 'provider');
    await lab.hold(lab.provider, ...PROVIDER_PORTS);
    await firstWords(lab.start(lab.internet, process.execPath, WEB_MAIN, '8080'));
    const netd = await BackEndBench.start(lab, 'netd');
    const rootless = await BackEndBench.start(lab, 'rootless');
    // One at a time: a provider is one gateway to whoever comes.
    const measure = async (bench: BackEndBench): Promise<number> => {
      await bench.order({ what: 'connect' });
      const ports = (await bench.order({ what: 'ports', count: 1 })) as number[];
      const session = await BackEndSession.open(bench, lab, await provider.connect(), ports);
      await download(session, 1_000_000);
      const speed = await download(session, BYTES);
      await session.close();
      await bench.order({ what: 'close' });
      return speed;
    };
    const rounds: { readonly netd: number; readonly rootless: number }[] = [];
    for (let i = 0; i < ROUNDS; i++) {
      // The order alternates, so that a drift of the machine favours neither.
      const first = await measure(i % 2 === 0 ? netd : rootless);
      const second = await measure(i % 2 === 0 ? rootless : netd);
      rounds.push(i % 2 === 0 ? { netd: first, rootless: second } : { netd: second, rootless: first });
    }
    await Promise.all([netd.stop(), rootless.stop()]);
    return {
      netdMbps: median(rounds.map((round) => round.netd)),
      rootlessMbps: median(rounds.map((round) => round.rootless)),
      ratioToNetd: median(rounds.map((round) => round.rootless / round.netd)),
    };
  } finally {
    await lab.down();
  }
}

/** @returns Mbit/s of payload. */
async function download(session: BackEndSession, bytes: number): Promise<number> {
  const format = ['-o', '/dev/null', '-w', '%{size_download} %{time_total}'];
  const { stdout, stderr } = await session.fetch(`http://${WEB4}:8080/bytes/${bytes}`, ...format);
  const [size, seconds] = stdout.split(' ').map(Number);
  if (size !== bytes || !seconds) throw new Error(`a download ended after ${size} of ${bytes} bytes: ${stderr}`);
  return (bytes * 8) / seconds / 1e6;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
