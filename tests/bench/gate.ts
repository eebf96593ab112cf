/**
 * What being paid costs in throughput: the same download through a node that is paid a megabyte at a time, its gate on
 * the watch, and through the same node for nothing, by turns. The ratio is the figure; the Mbit/s belong to this machine.
 * Needs root and network namespaces.
 */
import { BLOB_BYTES } from '../lab/origins.ts';
import { ONE, PRICE, ProviderLab, type ScriptedClient, type Wallet } from '../net/provider-lab.ts';

export interface GateBench {
  /** Medians, payload only. */
  readonly freeMbps: number;
  readonly paidMbps: number;
  /** Median of the ratios of each pair of runs: what else the machine did falls on both alike. */
  readonly ratioPaidToFree: number;
  /** Proofs are one a megabyte at most; times that the gate moved in all paid runs together. */
  readonly gateChanges: number;
}

const ROUNDS = 4;
/** Downloads at a time, and one after the other, in one run. */
const AT_A_TIME = 4;
const TIMES = 2;
/**
 * What the owner says that the line carries, Mbit/s. Two cores that encrypt, decrypt, serve and download at once carry
 * little more: beyond it the receiving wireguard-go of Debian 12 overflows its socket, and that would be measured instead.
 */
const CAPACITY = ['--capacity-mbps', process.env.WARREN_BENCH_MBPS ?? '100'];

export async function benchGate(): Promise<GateBench> {
  const lab = await ProviderLab.create();
  try {
    const client = await lab.client();
    const wallet = await lab.wallet('100');
    await wallet.open(lab.account, '50', 1440);
    const rounds: { readonly free: number; readonly paid: number }[] = [];
    let gateChanges = 0;
    for (let i = 0; i < ROUNDS; i++) {
      const run = async (price: string) => {
        await lab.start(null, '--price-per-mb', price, ...CAPACITY);
        const measured = await download(lab, client, wallet);
        await lab.stop();
        return measured;
      };
      // The order alternates, so that a drift of the machine favours neither.
      const first = await run(i % 2 === 0 ? '0' : PRICE);
      const second = await run(i % 2 === 0 ? PRICE : '0');
      const [free, paid] = i % 2 === 0 ? [first, second] : [second, first];
      rounds.push({ free: free.mbps, paid: paid.mbps });
      gateChanges += paid.gateChanges;
    }
    return {
      freeMbps: median(rounds.map(({ free }) => free)),
      paidMbps: median(rounds.map(({ paid }) => paid)),
      ratioPaidToFree: median(rounds.map(({ free, paid }) => paid / free)),
      gateChanges,
    };
  } finally {
    await lab.close();
  }
}

async function download(lab: ProviderLab, client: ScriptedClient, wallet: Wallet) {
  await client.ask({ verb: 'connect', did: lab.did, payer: wallet.account, signerKey: wallet.signerKey });
  const before = (await client.state()).gateChanges;
  const began = performance.now();
  for (let i = 0; i < TIMES; i++) {
    const one = () => client.ask<{ bytes: number }>({ verb: 'get', address: ONE, path: '/20mb' });
    const all = await Promise.all(Array.from({ length: AT_A_TIME }, one));
    if (all.some(({ bytes }) => bytes !== BLOB_BYTES)) throw new Error('a download ended early');
  }
  const seconds = (performance.now() - began) / 1000;
  const { gateChanges, trouble } = await client.state();
  if (trouble) throw new Error(`${trouble.code}: ${trouble.message}`);
  await client.ask({ verb: 'leave' });
  return { mbps: (8 * TIMES * AT_A_TIME * BLOB_BYTES) / seconds / 1e6, gateChanges: gateChanges - before };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
