/** How long a browser waits for warren-host: from spawn to `welcome`, and to the first snapshot. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startHost } from '../host-process.ts';
import { MEMORY } from '../memory.ts';

export interface HostStartBench {
  /** Median of spawn → welcome, ms. */
  readonly ms: number;
  /** Median of spawn → first snapshot (relays, ledger and netd client loaded), ms. */
  readonly msToSnapshot: number;
}

const RUNS = 7;
const ADDRESS = `0x${'11'.repeat(20)}`;
/** Nothing answers at any of these: starting must not wait for the network. */
const PROFILE = {
  name: 'bench',
  chainId: 31_337,
  rpcUrl: 'http://127.0.0.1:1',
  channels: ADDRESS,
  didRegistry: ADDRESS,
  token: ADDRESS,
  tokenName: 'T',
  tokenSymbol: 'T',
  tokenDecimals: 18,
  coinSymbol: 'ETH',
  explorer: null,
  confirmations: 0,
  relays: ['ws://127.0.0.1:1'],
  stun: [{ host: '127.0.0.1', port: 1 }],
};

export async function benchHostStart(): Promise<HostStartBench> {
  const folder = mkdtempSync(`${MEMORY}/warren-bench-`);
  try {
    const network = join(folder, 'network.json');
    writeFileSync(network, JSON.stringify(PROFILE));
    const times: { welcome: number; snapshot: number }[] = [];
    for (let run = 0; run < RUNS; run++) times.push(await once(network, folder));
    return {
      ms: median(times.map((time) => time.welcome)),
      msToSnapshot: median(times.map((time) => time.snapshot)),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function once(network: string, folder: string): Promise<{ welcome: number; snapshot: number }> {
  const from = performance.now();
  const host = startHost({
    args: ['--network', network, '--netd', join(folder, 'none.sock'), '--runtime', folder, '--tunnels', 'netd'],
  });
  host.say({ type: 'hello', version: 1, extensionVersion: '0' });
  await host.until('the welcome', ({ ups }) => ups.some((up) => up.type === 'welcome'));
  const welcome = performance.now() - from;
  await host.until('a snapshot', ({ ups }) => ups.some((up) => up.type === 'snapshot'));
  const snapshot = performance.now() - from;
  await host.end();
  return { welcome, snapshot };
}

function median(values: readonly number[]): number {
  return Math.round(values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN);
}

if (import.meta.main) console.log(await benchHostStart());
