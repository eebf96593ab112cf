/** Answers the host's requests. Verbs are done one after the other, as netd does those of one connection. */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { connect, Server, type Socket } from 'node:net';
import * as v from 'valibot';
import { CALLED } from '../../shared/base/called.ts';
import { asWarrenError, WarrenError } from '../../shared/base/errors.ts';
import { type NamespaceBody, NamespaceRequestSchema } from '../../shared/wire/namespace.ts';
import type { NetdResult, Verb, VerbName } from '../../shared/wire/netd.ts';
import type { LocalProxy } from '../local-proxy/api.ts';
import { createLocalProxy } from '../local-proxy/proxy.ts';
import { CommandFailed } from '../netd/commands.ts';
import type { Machine } from '../netd/machine.ts';
import { refuse } from '../netd/refusal.ts';
import { type Owner, Tunnels } from '../netd/tunnels.ts';

interface Done {
  readonly result: unknown;
  /** A socket for the host; ours is closed once it has gone. */
  readonly handle?: UdpSocket | Socket;
}

export class Service {
  readonly #owner: Owner;
  readonly #log: Machine['log'];
  readonly #proxies = new Map<number, LocalProxy>();
  #nextProxy = 1;
  #verbs: Promise<unknown> = Promise.resolve();

  constructor(machine: Machine) {
    // In here is no port that could be spliced: the host carries WireGuard's packets itself.
    this.#owner = new Tunnels(machine).owner(Promise.resolve(null));
    this.#log = machine.log;
  }

  async receive(message: unknown, handle: unknown): Promise<void> {
    const request = v.safeParse(NamespaceRequestSchema, message);
    if (!request.success) return this.#log('warn', 'a message of the host does not fit the protocol');
    const { id, body } = request.output;
    try {
      const done = await this.#do(body, handle);
      process.send?.({ id, result: done.result }, done.handle, {}, () => close(done.handle));
    } catch (error) {
      if (!(error instanceof WarrenError)) this.#log('warn', `"${body.what}" failed`, error);
      process.send?.({ id, error: publicError(error).data() });
    }
  }

  async #do(body: NamespaceBody, handle: unknown): Promise<Done> {
    switch (body.what) {
      case 'verb':
        return { result: await this.#verb(body.verb) };
      case 'leg':
        return { result: {}, handle: await openLeg() };
      case 'proxy':
        return { result: await this.#openProxy(body, handle) };
      case 'cut':
        this.#proxies.get(body.proxy)?.destroyAll();
        return { result: {} };
      case 'close':
        await this.#proxies.get(body.proxy)?.close();
        this.#proxies.delete(body.proxy);
        return { result: {} };
      case 'connect':
        return { result: {}, handle: await open(body) };
    }
  }

  #verb(verb: Verb): Promise<NetdResult<VerbName>> {
    if (verb.verb === 'create' && verb.role !== 'client')
      throw refuse('A node needs the network daemon.', `Run "${CALLED.daemon}".`);
    const done = this.#verbs.then(() => this.#owner.handle(verb));
    this.#verbs = done.catch(() => undefined);
    return done;
  }

  async #openProxy(options: Extract<NamespaceBody, { what: 'proxy' }>, handle: unknown) {
    if (!(handle instanceof Server)) throw refuse('A proxy needs a listening socket.');
    const local = await createLocalProxy(options, handle);
    const proxy = this.#nextProxy++;
    this.#proxies.set(proxy, local);
    return { proxy, port: local.port, username: local.username, password: local.password };
  }
}

function openLeg(): Promise<UdpSocket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    socket.once('error', reject);
    socket.bind(0, '127.0.0.1', () => resolve(socket));
  });
}

function open({
  address,
  port,
  localAddress,
  timeoutMs,
}: Extract<NamespaceBody, { what: 'connect' }>): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, localAddress, noDelay: true, keepAlive: true });
    // What the other side says first is for the host to read.
    socket.pause();
    const timer = setTimeout(() => socket.destroy(new Error('ETIMEDOUT')), timeoutMs);
    socket.once('error', (cause) => {
      clearTimeout(timer);
      reject(new WarrenError('tunnel_lost', 'It does not answer through the tunnel.', 'Try again.', { cause }));
    });
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.removeAllListeners('error');
      socket.on('error', () => socket.destroy());
      resolve(socket);
    });
  });
}

/** A TCP socket's handle went away with the message; a UDP socket would go on reading here. */
function close(handle: UdpSocket | Socket | undefined): void {
  if (handle && 'bind' in handle) handle.close();
}

/** What a program of the system wrote may name routes and links: it stays in the log. */
function publicError(error: unknown): WarrenError {
  if (!(error instanceof CommandFailed)) return asWarrenError(error);
  const program = error.program.split('/').at(-1);
  return new WarrenError(
    'internal',
    `The system refused a step (${program}).`,
    `Run "${CALLED.doctor}" for the reasons.`,
  );
}
