/** Stands between a reader and its chain: counts requests, and misbehaves as public nodes do. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Hex } from '../shared/base/bytes.ts';
import type { NetworkProfile } from '../shared/wire/network.ts';

/** A JSON-RPC proxy that counts HTTP requests and may refuse wide ranges of eth_getLogs, as public nodes do. */
export async function startRpcProxy(
  profile: NetworkProfile,
  options: { readonly refuseWideLogs?: boolean; readonly dropFirstLog?: boolean } = {},
) {
  let requests = 0;
  let down = false;
  let losing: string | null = null;
  const server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', async () => {
      requests++;
      if (down) return void request.socket.destroy();
      const calls = [JSON.parse(body)].flat() as {
        id: number;
        method: string;
        params?: { fromBlock: Hex; toBlock: Hex }[];
      }[];
      const upstream = await fetch(profile.rpcUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
      const answers = [await upstream.json()].flat() as { id: number; result?: unknown }[];
      if (calls.some(({ method }) => method === losing)) return void request.socket.destroy();
      for (const [i, call] of calls.entries()) {
        const range = call.params?.[0];
        const wide = call.method === 'eth_getLogs' && range?.fromBlock !== range?.toBlock;
        if (wide && options.refuseWideLogs) {
          answers[i] = { id: call.id, error: { code: -32005, message: 'range too large' } } as { id: number };
        }
        const answer = answers[i];
        if (wide && options.dropFirstLog && answer) answer.result = (answer.result as unknown[]).slice(1);
      }
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(Array.isArray(JSON.parse(body)) ? answers : answers[0]));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    profile: { ...profile, rpcUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
    requests: () => requests,
    /** Hangs up on everybody until told otherwise. */
    setDown(value: boolean) {
      down = value;
    },
    /** Carries calls of this method to the chain and loses the answer; null: no longer. */
    loseAnswersTo(method: string | null) {
      losing = method;
    },
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}
