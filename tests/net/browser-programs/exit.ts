/**
 * What stands at the end of a tunnel, without one: a proxy with a password, HTTP (Chromium) and SOCKS5 (Firefox) on
 * one port, that answers every page itself. So whatever reaches the lab's sites or name servers has leaked. The
 * product's own parser reads the SOCKS dialogue. A second port is another extension's proxy, which asks no password.
 *
 * usage: exit.ts <json: { key, certificate }>, then over IPC { id, set? } → { id, ...what was seen }
 */
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, createServer, connect as dial, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { REPLY, replyBytes, SocksParser } from '../../../native-host/local-proxy/socks.ts';
import { SELF_TEST_HOST, type SelfTest } from '../../../shared/wire/self-test.ts';

export interface ExitSettings {
  readonly username: string;
  readonly password: string;
  /** `refuse`: 502 to whatever is asked. `reset`: hangs up on it. */
  readonly mode: 'serve' | 'refuse' | 'reset';
  /** Who answers the extension's self-test; absent: this proxy. */
  readonly selfTest?: string;
  /** A relay of calls: its name here, and the address behind the exit that it really has. */
  readonly relay?: { readonly name: string; readonly address: string };
}
export interface ExitSeen {
  readonly port: number;
  readonly rivalPort: number;
  /** Host names of the connections and plain requests that were let through, in order. */
  readonly hosts: readonly string[];
  /** Host and path of every request, `ws:` before an upgrade. */
  readonly requests: readonly string[];
  /** Turned away for their credentials. */
  readonly refused: number;
}
export type ExitQuestion = { readonly id: number; readonly set?: Partial<ExitSettings> };
export type ExitAnswer = ExitSeen & { readonly id: number };

const HANDSHAKE = 0x16;
const SOCKS5 = 0x05;
const SERVICE_WORKER = `self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(clients.claim()));
self.addEventListener('message', (event) =>
  fetch(event.data, { mode: 'no-cors' }).then(() => 'fetched', () => 'failed').then((how) => event.source.postMessage(how)));`;

let settings: ExitSettings = { username: 'u', password: 'p', mode: 'serve' };
const hosts: string[] = [];
const requests: string[] = [];
let refused = 0;
/** Who opened a connection, by its port: a TLS socket has the same one. */
const users = new Map<number, string>();

const pages = createHttp(page).on('upgrade', refuseUpgrade);
const tlsPages = createHttps(JSON.parse(process.argv[2] ?? '{}') as object, page).on('upgrade', refuseUpgrade);
const front = createHttp(plain).on('connect', connect);
const rival = createHttp((_request, response) => void response.end('by the rival')).on('connect', (_, socket) =>
  socket.destroy(),
);
const server = createServer((socket) => {
  socket.on('error', () => socket.destroy());
  socket.once('data', (first: Buffer) => {
    if (first[0] === SOCKS5) socks(socket, first);
    else hand(front, socket, first);
  });
});

function page(request: IncomingMessage, response: ServerResponse): void {
  answer(request.headers.host ?? '', request.url ?? '/', users.get(request.socket.remotePort ?? 0) ?? '', response);
}

function answer(host: string, path: string, user: string, response: ServerResponse): void {
  requests.push(`${host.split(':')[0]}${path}`);
  const common = { 'cache-control': 'no-store', 'access-control-allow-origin': '*' };
  // As the local proxy answers for itself.
  if (host === SELF_TEST_HOST) {
    const proxy = settings.selfTest ?? user;
    response.writeHead(200, common).end(JSON.stringify({ proxy, names: true } satisfies SelfTest));
    return;
  }
  if (path === '/sw.js') response.writeHead(200, { 'content-type': 'text/javascript', ...common }).end(SERVICE_WORKER);
  else if (path === '/download')
    response.writeHead(200, { 'content-type': 'application/octet-stream', ...common }).end('a file');
  else {
    response.writeHead(200, { 'content-type': 'text/html', ...common });
    response.end(`<title>exit</title>through the exit as ${user}`);
  }
}

function refuseUpgrade(request: IncomingMessage, socket: Duplex): void {
  requests.push(`ws:${request.headers.host?.split(':')[0]}${request.url}`);
  socket.destroy();
}

/** The user whom this header names, or null. */
function userOf({ headers }: IncomingMessage): string | null {
  const [, word = ''] = /^Basic (.+)$/.exec(headers['proxy-authorization'] ?? '') ?? [];
  const right = Buffer.from(word, 'base64').toString() === `${settings.username}:${settings.password}`;
  if (!right) refused++;
  return right ? settings.username : null;
}

/** Plain HTTP: the whole address in the request line. */
function plain(request: IncomingMessage, response: ServerResponse): void {
  const user = userOf(request);
  if (user === null) {
    response.writeHead(407, { 'proxy-authenticate': 'Basic realm="warren"' }).end('407');
  } else if (settings.mode === 'reset') request.socket.destroy();
  else if (settings.mode === 'refuse') response.writeHead(502).end('502');
  else {
    const { hostname, pathname } = new URL(request.url ?? '');
    hosts.push(hostname);
    answer(hostname, pathname, user, response);
  }
}

function connect(request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const user = userOf(request);
  if (user === null) {
    const again = [
      'HTTP/1.1 407 Who',
      'proxy-authenticate: Basic realm="warren"',
      'content-length: 0',
      'connection: close',
    ];
    socket.end(`${again.join('\r\n')}\r\n\r\n`);
  } else if (settings.mode === 'reset') socket.destroy();
  else if (settings.mode === 'refuse') socket.end('HTTP/1.1 502 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
  else {
    const { hostname, port } = new URL(`tcp://${request.url}`);
    const host = hostname.replace(/^\[|\]$/g, '');
    hosts.push(host);
    socket.write('HTTP/1.1 200 Yes\r\n\r\n');
    tunnel(socket as Socket, user, { host, port: Number(port) }, head);
  }
}

/** From here on the browser speaks to the site: TLS or not, as its first byte says. */
function tunnel(socket: Socket, user: string, target: { host: string; port: number }, head: Uint8Array): void {
  users.set(socket.remotePort ?? 0, user);
  socket.removeAllListeners('data');
  if (target.host === settings.relay?.name) {
    const relay = dial(target.port, settings.relay.address);
    relay.on('error', () => socket.destroy());
    socket.on('close', () => relay.destroy());
    if (head.length > 0) socket.unshift(Buffer.from(head));
    socket.pipe(relay).pipe(socket);
    return;
  }
  socket.once('data', (first: Buffer) => hand(first[0] === HANDSHAKE ? tlsPages : pages, socket, first));
  if (head.length > 0) socket.unshift(Buffer.from(head));
  socket.resume();
}

function hand(to: Server, socket: Socket, first: Buffer): void {
  socket.pause();
  socket.unshift(first);
  to.emit('connection', socket);
  // TLS reads from the socket below it by itself.
  if (to !== tlsPages) socket.resume();
}

function socks(socket: Socket, first: Buffer): void {
  const parser = new SocksParser();
  let user = '';
  const act = (event: ReturnType<SocksParser['push']>[number]): void => {
    if (event.type === 'send') socket.write(event.bytes);
    else if (event.type === 'credentials') {
      const { username, password } = event.credentials;
      const right = username === settings.username && password === settings.password;
      if (!right) refused++;
      user = username;
      for (const next of parser.judge(right)) act(next);
    } else if (event.type === 'fail') socket.end(event.bytes);
    else if (settings.mode === 'serve') {
      hosts.push(event.target.host);
      socket.write(replyBytes(REPLY.succeeded));
      tunnel(socket, user, event.target, event.rest);
    } else if (settings.mode === 'refuse') socket.end(replyBytes(REPLY.hostUnreachable));
    else socket.destroy();
  };
  const push = (chunk: Buffer): void => {
    for (const event of parser.push(chunk)) act(event);
  };
  socket.on('data', push);
  push(first);
}

const listen = (one: Server): Promise<number> =>
  new Promise((done) => one.listen(0, '127.0.0.1', () => done((one.address() as AddressInfo).port)));

const [port, rivalPort] = await Promise.all([listen(server), listen(rival)]);
process.on('disconnect', () => process.exit(0));
process.on('message', ({ id, set }: ExitQuestion) => {
  settings = { ...settings, ...set };
  process.send?.({ id, port, rivalPort, hosts, requests, refused } satisfies ExitAnswer);
});
