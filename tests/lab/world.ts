/**
 * The process that plays the internet's servers, inside the namespace `inet`: names, sites, and a
 * door to the chain for the lab outside. Talks to the lab over IPC.
 *
 * usage: world.ts <json: { key, certificate }>
 */
import { type DnsQuestion, startDns } from './dns.ts';
import { startOrigins, type Visit } from './origins.ts';
import { SERVERS, SERVERS6, TURN_NAME } from './servers.ts';

export type WorldReport =
  | { readonly type: 'ready' }
  | { readonly type: 'question'; readonly question: DnsQuestion }
  | { readonly type: 'visit'; readonly visit: Visit }
  | { readonly type: 'answer'; readonly id: number; readonly result?: unknown; readonly error?: unknown };

export interface WorldRequest {
  readonly id: number;
  readonly method: string;
  readonly params: unknown;
}

export const RPC_PORT = 8545;
export const RPC_URL = `http://${SERVERS.chain}:${RPC_PORT}`;

async function rpc(request: WorldRequest): Promise<WorldReport> {
  try {
    const response = await fetch(RPC_URL, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', ...request }),
    });
    const { result, error } = (await response.json()) as { result?: unknown; error?: unknown };
    return { type: 'answer', id: request.id, ...(error === undefined ? { result: result ?? null } : { error }) };
  } catch (error) {
    return { type: 'answer', id: request.id, error: { code: -32000, message: String(error) } };
  }
}

const sites: Readonly<Record<string, string>> = { ...SERVERS.origins, ...SERVERS6.origins };
const zone = {
  ...Object.fromEntries(Object.entries(sites).map(([name, address]) => [name, [address]])),
  [TURN_NAME]: [SERVERS.turn[0]],
};

async function main(): Promise<void> {
  const tell = (report: WorldReport): void => {
    if (process.connected) process.send?.(report);
  };
  const { key, certificate } = JSON.parse(process.argv[2] ?? '{}') as { key: string; certificate: string };
  process.on('disconnect', () => process.exit(0));
  process.on('message', (request: WorldRequest) => void rpc(request).then(tell));
  await Promise.all([
    startDns([SERVERS.dns, SERVERS6.dns], zone, (question) => tell({ type: 'question', question })),
    startOrigins({ sites, key, certificate, report: (visit) => tell({ type: 'visit', visit }) }),
  ]);
  tell({ type: 'ready' });
}

if (import.meta.main) await main();
