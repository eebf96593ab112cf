/**
 * What stands at the end of a tunnel, without one: a SOCKS5 proxy with a password that answers every
 * page itself, and remembers who asked for what. The product's own parser reads the dialogue.
 */
import { createServer as createHttp, type Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { REPLY, replyBytes, SocksParser } from '../../native-host/local-proxy/socks.ts';

export class SocksExit {
  /** Host names of the connections that were let through, in order. */
  readonly hosts: string[] = [];
  /** Host and path of every request, `ws:` before an upgrade. */
  readonly requests: string[] = [];
  /** Connections turned away for their credentials. */
  refused = 0;
  username = 'u';
  password = 'p';
  readonly #sockets = new Set<Socket>();
  readonly #users = new WeakMap<Socket, string>();
  readonly #pages: HttpServer;
  readonly #server: Server;

  constructor() {
    this.#pages = createHttp((request, response) => {
      const who = this.#users.get(request.socket) ?? '';
      this.requests.push(`${request.headers.host?.split(':')[0]}${request.url}`);
      const headers = { 'content-type': 'text/html', 'cache-control': 'no-store', 'access-control-allow-origin': '*' };
      response.writeHead(200, headers).end(`<title>exit</title>through the exit as ${who}`);
    });
    this.#pages.on('upgrade', (request, socket) => {
      this.requests.push(`ws:${request.headers.host?.split(':')[0]}${request.url}`);
      socket.destroy();
    });
    this.#server = createServer((socket) => this.#serve(socket));
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get proxy() {
    const { port } = this.#server.address() as AddressInfo;
    return { host: '127.0.0.1' as const, port, username: this.username, password: this.password };
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => this.#sockets.delete(socket));
    const parser = new SocksParser();
    let user = '';
    const act = (event: ReturnType<SocksParser['push']>[number]): void => {
      if (event.type === 'send') socket.write(event.bytes);
      else if (event.type === 'credentials') {
        const { username, password } = event.credentials;
        const right = username === this.username && password === this.password;
        if (!right) this.refused++;
        user = username;
        for (const next of parser.judge(right)) act(next);
      } else if (event.type === 'fail') socket.end(event.bytes);
      else {
        socket.removeAllListeners('data');
        this.hosts.push(event.target.host);
        this.#users.set(socket, user);
        socket.write(replyBytes(REPLY.succeeded));
        if (event.rest.length > 0) socket.unshift(Buffer.from(event.rest));
        this.#pages.emit('connection', socket);
      }
    };
    socket.on('data', (chunk) => {
      for (const event of parser.push(chunk)) act(event);
    });
  }
}
