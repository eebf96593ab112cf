/**
 * The operator's page, on loopback only: a static shell without a single fact in it, and facts for
 * whoever shows the token. No cookie (so nothing to forge across sites), no CORS, and only our own names
 * in the Host header (so no foreign name can be rebound to us).
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { metricsOf } from './metrics.ts';
import { readPage } from './page.ts';
import type { Status } from './status.ts';

export interface Dashboard {
  readonly port: number;
  /** Bearer token of this process; the page takes it from the URL's fragment, which no server sees. */
  readonly token: string;
  close(): Promise<void>;
}

const HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'DENY',
  // Styles that the page's own script sets one by one need no leave; the icon is an empty data: URL.
  'content-security-policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
};

/** @throws when the port is taken. */
export async function startDashboard(port: number, status: () => Status): Promise<Dashboard> {
  const token = randomBytes(24).toString('base64url');
  const page = readPage();
  const server = createServer(
    { maxHeaderSize: 8192, requestTimeout: 5_000, headersTimeout: 5_000 },
    (request, response) => {
      try {
        answer(request, response);
      } catch {
        send(response, 500, 'text/plain', 'internal error\n');
      }
    },
  );

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    const file = page.get(path);
    if (!isOurs(request.headers.host, bound.port)) send(response, 421, 'text/plain', 'wrong host\n');
    else if (request.method !== 'GET' && request.method !== 'HEAD') send(response, 405, 'text/plain', 'GET only\n');
    else if (file) send(response, 200, file.type, file.body);
    else if (path !== '/api/status' && path !== '/metrics') send(response, 404, 'text/plain', 'not found\n');
    else if (isForeign(request.headers['sec-fetch-site'])) send(response, 403, 'text/plain', 'another site asked\n');
    else if (!matches(request.headers.authorization, token)) {
      response.setHeader('www-authenticate', 'Bearer');
      send(response, 401, 'text/plain', 'token missing or wrong\n');
    } else if (path === '/metrics') send(response, 200, 'text/plain; version=0.0.4', metricsOf(status()));
    else send(response, 200, 'application/json', JSON.stringify(status()));
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const bound = server.address() as AddressInfo;
  return {
    port: bound.port,
    token,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
}

function send(response: ServerResponse, code: number, type: string, body: string | Buffer): void {
  response.writeHead(code, { ...HEADERS, 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

function isOurs(host: string | undefined, port: number): boolean {
  return host === `127.0.0.1:${port}` || host === `localhost:${port}`;
}

/** Fetch metadata: absent outside browsers, `none` for an address that was typed. */
function isForeign(site: string | string[] | undefined): boolean {
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}

/** Compares digests: equal lengths whatever was sent, and no early end. */
function matches(header: string | undefined, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(header ?? ''), digest(`Bearer ${token}`));
}
