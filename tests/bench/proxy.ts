/**
 * What the local proxy costs in throughput: the same file over the same tunnel, straight from a socket bound
 * to the tunnel's address and through the proxy, by turns. The ratio is the figure; the Mbit/s belong to
 * this machine. Needs root and network namespaces.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { CLIENT_TUNNEL, GATEWAY, join, NetdLab, WEB4 } from '../net/netd-lab.ts';

export interface ProxyBench {
  /** Medians, payload only. */
  readonly bareMbps: number;
  readonly proxyMbps: number;
  /** Median of the ratios of each pair of runs: what else the machine did falls on both alike. */
  readonly ratioToBareWireGuard: number;
}

const ROUNDS = 7;
const BYTES = 60_000_000;

const PROXY_MAIN = fileURLToPath(new URL('../net/netd-programs/proxy-main.ts', import.meta.url));
const WEB_MAIN = fileURLToPath(new URL('../net/netd-programs/web-main.ts', import.meta.url));
const URL_TEXT = `http://${WEB4}:8080/bytes/${BYTES}`;

export async function benchProxy(): Promise<ProxyBench> {
  const lab = new NetdLab();
  try {
    await lab.up();
    const client = await (await lab.netd(lab.client, 'client')).connect();
    const provider = await (await lab.netd(lab.provider, 'provider')).connect();
    const { providerTunnel: tunnel } = await join(client, provider);
    await provider.ask({ verb: 'egress', tunnel, forbid: [], blockedTcpPorts: [] });
    await provider.ask({ verb: 'gate', tunnel, ...CLIENT_TUNNEL, open: true });
    await firstWords(lab.start(lab.internet, process.execPath, WEB_MAIN, '8080'));
    const args = [PROXY_MAIN, CLIENT_TUNNEL.address4, '-', GATEWAY.address4];
    const proxy = JSON.parse(await firstWords(lab.start(lab.client, process.execPath, ...args)));
    const through = `http://${proxy.username}:${proxy.password}@127.0.0.1:${proxy.port}`;

    const bare = () => download(lab, '--interface', CLIENT_TUNNEL.address4);
    const proxied = () => download(lab, '--proxytunnel', '--proxy', through);
    await bare();
    await proxied();
    const rounds: { readonly bare: number; readonly proxied: number }[] = [];
    for (let i = 0; i < ROUNDS; i++) {
      // The order alternates, so that a drift of the machine favours neither.
      const first = i % 2 === 0 ? await bare() : await proxied();
      const second = i % 2 === 0 ? await proxied() : await bare();
      rounds.push(i % 2 === 0 ? { bare: first, proxied: second } : { bare: second, proxied: first });
    }
    return {
      bareMbps: median(rounds.map((round) => round.bare)),
      proxyMbps: median(rounds.map((round) => round.proxied)),
      ratioToBareWireGuard: median(rounds.map((round) => round.proxied / round.bare)),
    };
  } finally {
    await lab.down();
  }
}

/** @returns Mbit/s of payload. */
async function download(lab: NetdLab, ...options: readonly string[]): Promise<number> {
  const format = '%{size_download} %{time_total}';
  const args = ['-sS', '--max-time', '60', '-o', '/dev/null', '-w', format, ...options, URL_TEXT];
  const [size, seconds] = (await lab.client.must('curl', ...args)).split(' ').map(Number);
  if (size !== BYTES || !seconds) throw new Error(`a download ended after ${size} of ${BYTES} bytes`);
  return (BYTES * 8) / seconds / 1e6;
}

async function firstWords(program: ChildProcess): Promise<string> {
  if (!program.stdout) throw new Error('the program has no output');
  const [chunk]: Buffer[] = await once(program.stdout, 'data');
  return chunk?.toString() ?? '';
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
