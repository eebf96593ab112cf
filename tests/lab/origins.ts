/**
 * The sites that the story visits, over HTTP and HTTPS, each on an address of its own. Every request
 * is reported with the address that it came from: that report says through whose home a page went.
 */
import { createHash } from 'node:crypto';
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';

export interface Visit {
  readonly site: string;
  readonly path: string;
  readonly scheme: 'http' | 'https';
  readonly from: string;
  /** Epoch ms. */
  readonly at: number;
}

const MEBIBYTE = 1_048_576;

/** 20,000,000 bytes that are the same in every run and do not compress: a hash chain, repeated with an offset. */
export const BLOB_BYTES = 20_000_000;
export function blob(): Buffer {
  const block = Buffer.alloc(MEBIBYTE);
  let link = createHash('sha256').update('warren').digest();
  for (let at = 0; at < block.length; at += link.length) {
    link.copy(block, at);
    link = createHash('sha256').update(link).digest();
  }
  const out = Buffer.alloc(BLOB_BYTES);
  for (let at = 0, n = 0; at < out.length; at += MEBIBYTE, n++) {
    block.copy(out, at);
    out.writeUInt32BE(n, at);
  }
  return out;
}
export const blobHash = (): string => createHash('sha256').update(blob()).digest('hex');

const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><circle cx="4" cy="4" r="4" fill="#c60"/></svg>';

function page(site: string, from: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${site}</title>
<link rel="icon" type="image/svg+xml" href="/icon.svg">
<style>body{font:18px system-ui;margin:3rem;max-width:34rem}code{font-size:1.5rem;background:#eee;padding:.2rem .5rem}</style>
<h1>${site}</h1><p>You reached this page from</p><p><code id="address">${from}</code></p></html>`;
}

/** How fast `/stream` runs, bytes a second: slow enough that "the data under way" is small beside a megabyte. */
export const STREAM_RATE = 2_000_000;
const STREAM_TICK_MS = 20;

/** Streams without end at a steady rate: for "stop paying". Waits where the reader does not take it. */
function endless(response: ServerResponse, source: Buffer): void {
  response.writeHead(200, {
    'content-type': 'application/octet-stream',
    'cache-control': 'no-store',
    'access-control-allow-origin': '*',
  });
  const chunk = source.subarray(0, (STREAM_RATE * STREAM_TICK_MS) / 1000);
  const timer = setInterval(() => {
    if (!response.writableNeedDrain) response.write(chunk);
  }, STREAM_TICK_MS);
  response.on('close', () => clearInterval(timer));
}

export interface OriginOptions {
  readonly sites: Readonly<Record<string, string>>;
  readonly key: string;
  readonly certificate: string;
  readonly report: (visit: Visit) => void;
}

export async function startOrigins(options: OriginOptions): Promise<void> {
  const big = blob();
  const serve = (site: string, scheme: 'http' | 'https') => (request: IncomingMessage, response: ServerResponse) => {
    const from = request.socket.remoteAddress ?? '';
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    options.report({ site, path, scheme, from, at: Date.now() });
    const cors = { 'access-control-allow-origin': '*', 'cache-control': 'no-store' };
    if (path === '/') {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', ...cors }).end(page(site, from));
    } else if (path === '/icon.svg') {
      response.writeHead(200, { 'content-type': 'image/svg+xml', ...cors }).end(ICON);
    } else if (path === '/20mb') {
      response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': big.length, ...cors });
      response.end(big);
    } else if (path === '/stream') {
      endless(response, big);
    } else {
      response.writeHead(404, cors).end();
    }
  };
  const listening: Promise<void>[] = [];
  for (const [site, address] of Object.entries(options.sites)) {
    const tls = { key: options.key, cert: options.certificate };
    const http = createHttp(serve(site, 'http'));
    const https = createHttps(tls, serve(site, 'https'));
    for (const server of [http, https]) server.on('clientError', (_error, socket) => socket.destroy());
    listening.push(
      new Promise((resolve) => http.listen(80, address, resolve)),
      new Promise((resolve) => https.listen(443, address, resolve)),
    );
  }
  await Promise.all(listening);
}
