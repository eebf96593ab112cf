/**
 * The HTTP half of the proxy: CONNECT for https and WebSockets, absolute-form for plain http (that is how
 * Chromium sends it). Node's own parser frames the messages; every request must bring the credentials.
 */
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { asWarrenError, type ErrorCode, WarrenError } from '../../shared/base/errors.ts';
import { parseAbsolute, parseAuthority, type Target } from './authority.ts';
import { type Credentials, matches, parseBasic } from './credentials.ts';
import type { Dialer } from './dial.ts';
import { hangUp, join } from './join.ts';
import { isSelfTest, SELF_TEST_FIELDS, type SelfTester } from './self-test.ts';

const HEADER_LIMIT_BYTES = 32 * 1024;
const HEADER_TIMEOUT_MS = 10_000;
const RESPONSE_TIMEOUT_MS = 120_000;

/** RFC 9110 §7.6.1, and the credentials, which are for this proxy only. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'host',
]);

const STATUS: Partial<Record<ErrorCode, number>> = {
  proxy_auth_required: 407,
  target_forbidden: 403,
  frame_malformed: 400,
};

export interface HttpSideOptions {
  readonly credentials: Credentials;
  readonly dialer: Pick<Dialer, 'dial'>;
  readonly tester: SelfTester;
  readonly onRefused: () => void;
}

/** Never listens: the owner hands it the connections whose first byte is no SOCKS (`emit('connection')`). */
export function createHttpSide(options: HttpSideOptions): Server {
  const server = createServer({
    maxHeaderSize: HEADER_LIMIT_BYTES,
    headersTimeout: HEADER_TIMEOUT_MS,
    requestTimeout: 0,
    connectionsCheckingInterval: 1_000,
    noDelay: true,
    keepAliveTimeout: 30_000,
  });
  server.on('connect', (incoming, client: Duplex, head: Buffer) => void tunnel(options, incoming, client, head));
  server.on('request', (incoming, response) => void forward(options, incoming, response));
  server.on('clientError', (_error, client: Duplex) => client.destroy());
  // A plain-text upgrade would need a second tunnel mode; browsers use CONNECT for ws:// and wss://.
  server.on('upgrade', (_incoming, client: Duplex) => client.destroy());
  return server;
}

async function tunnel(
  { credentials, dialer, onRefused }: HttpSideOptions,
  incoming: IncomingMessage,
  client: Duplex,
  head: Buffer,
): Promise<void> {
  client.on('error', () => client.destroy());
  try {
    authorize(credentials, incoming);
    const upstream = await dialer.dial(targetOf(parseAuthority(incoming.url ?? '')));
    if (client.destroyed || !(client instanceof Socket)) {
      upstream.destroy();
      return;
    }
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    if (head.length > 0) upstream.write(head);
    join(client, upstream);
  } catch (thrown) {
    onRefused();
    const page = errorPage(asWarrenError(thrown));
    const fields = Object.entries(page.fields).map(([name, value]) => `${name}: ${value}\r\n`);
    hangUp(client, `HTTP/1.1 ${page.status} Warren\r\n${fields.join('')}\r\n${page.body}`);
  }
}

async function forward(
  { credentials, dialer, tester, onRefused }: HttpSideOptions,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    authorize(credentials, incoming);
    const plain = parseAbsolute(incoming.url ?? '');
    const target = targetOf(plain);
    if (isSelfTest(target)) {
      const body = await tester.answer();
      response.writeHead(200, SELF_TEST_FIELDS).end(body);
      return;
    }
    const upstream = await dialer.dial(target);
    response.once('close', () => upstream.destroy());
    await relay(incoming, response, { method: incoming.method ?? 'GET', path: plain?.path ?? '/', target, upstream });
  } catch (thrown) {
    onRefused();
    if (response.headersSent) return void response.destroy();
    const page = errorPage(asWarrenError(thrown));
    response.writeHead(page.status, page.fields);
    response.end(page.body);
    // The rest of a refused body is of no use to anybody.
    incoming.resume();
  }
}

interface Forwarded {
  readonly method: string;
  readonly path: string;
  readonly target: Target;
  readonly upstream: Socket;
}

/** One request, one connection: nothing of one site is ever reused for another. */
function relay(
  incoming: IncomingMessage,
  response: ServerResponse,
  { method, path, target, upstream }: Forwarded,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const outgoing = request({
      method,
      path,
      headers: ['Host', hostField(target), ...endToEnd(incoming), ...framing(incoming), 'Connection', 'close'],
      createConnection: () => upstream,
    });
    outgoing.setTimeout(RESPONSE_TIMEOUT_MS, () => outgoing.destroy(new Error('ETIMEDOUT')));
    const fail = (cause: unknown) =>
      reject(new WarrenError('target_unreachable', 'The site broke off.', 'Reload.', { cause }));
    outgoing.on('error', fail);
    outgoing.once('response', (answer) => {
      try {
        response.writeHead(answer.statusCode ?? 502, endToEnd(answer));
      } catch (cause) {
        // Node reads a status below 100 and refuses to write it: thrown here, it would end this process.
        fail(cause);
        return void outgoing.destroy();
      }
      answer.once('error', () => response.destroy());
      answer.pipe(response);
      response.once('close', resolve);
    });
    incoming.once('error', () => outgoing.destroy());
    incoming.pipe(outgoing);
  });
}

/** Raw header pairs without those of one hop, and without those that Connection names. */
function endToEnd(message: IncomingMessage): string[] {
  const named = new Set((message.headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase()));
  // Without its length, a body would be read as the next message.
  named.delete('content-length');
  const kept: string[] = [];
  for (let i = 0; i + 1 < message.rawHeaders.length; i += 2) {
    const [name = '', value = ''] = message.rawHeaders.slice(i, i + 2);
    const lower = name.toLowerCase();
    if (!HOP_BY_HOP.has(lower) && !named.has(lower)) kept.push(name, value);
  }
  return kept;
}

/** Node frames a body by itself for POST and its like only: the body of a GET would go out bare, as a second request. */
function framing(message: IncomingMessage): string[] {
  return message.headers['transfer-encoding'] === undefined ? [] : ['Transfer-Encoding', 'chunked'];
}

function hostField({ host, port }: Target): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return port === 80 ? name : `${name}:${port}`;
}

function authorize(expected: Credentials, incoming: IncomingMessage): void {
  const given = parseBasic(incoming.headers['proxy-authorization']);
  if (given && matches(expected, given)) return;
  throw new WarrenError(
    'proxy_auth_required',
    'This proxy belongs to the Warren extension of this browser.',
    'Open the site in the browser that runs Warren.',
  );
}

function targetOf(target: Target | null): Target {
  if (target) return target;
  throw new WarrenError('frame_malformed', 'The proxy could not read where to connect.', 'Check the address.');
}

interface Page {
  readonly status: number;
  readonly fields: Record<string, string>;
  readonly body: string;
}

function errorPage(error: WarrenError): Page {
  const status = STATUS[error.code] ?? 502;
  const text = `${escapeHtml(error.message)}</p><p>${escapeHtml(error.action)}`;
  const body = `<!doctype html><meta charset=utf-8><title>Warren</title><h1>This page did not load</h1><p>${text}</p>\n`;
  const fields: Record<string, string> = {
    'X-Warren-Error': error.code,
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(body)),
    'Cache-Control': 'no-store',
    Connection: 'close',
  };
  if (status === 407) fields['Proxy-Authenticate'] = 'Basic realm="Warren"';
  return { status, fields, body };
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}
