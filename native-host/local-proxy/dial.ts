/**
 * Opens connections to the internet from the tunnel's own address. Every way in (CONNECT, plain HTTP,
 * SOCKS5) dials here, so the rules about targets stand in one place.
 */
import { connect, isIP, type Socket } from 'node:net';
import { asWarrenError, WarrenError } from '../../shared/base/errors.ts';
import type { LocalProxyOptions } from './api.ts';
import type { Target } from './authority.ts';
import type { TunnelResolver } from './resolver.ts';
import { isForbiddenAddress, isForbiddenName } from './targets.ts';

/** For all addresses of a target together; one of several gets half of it. */
const CONNECT_TIMEOUT_MS = 10_000;
const KEEPALIVE_MS = 60_000;

export class Dialer {
  readonly #options: LocalProxyOptions;
  readonly #resolver: TunnelResolver;
  readonly #sockets = new Set<Socket>();
  #received = 0;
  #sent = 0;

  constructor(options: LocalProxyOptions, resolver: TunnelResolver) {
    this.#options = options;
    this.#resolver = resolver;
  }

  /**
   * A connected socket, bound to the tunnel's address.
   * @throws WarrenError `target_forbidden`, `name_unresolvable`, `target_unreachable`, `tunnel_lost`
   */
  async dial({ host, port }: Target): Promise<Socket> {
    const addresses = await this.#addressesOf(host);
    const deadline = Date.now() + CONNECT_TIMEOUT_MS;
    let failure = unreachable(host, new Error('no address'));
    for (const [i, address] of addresses.entries()) {
      const left = deadline - Date.now();
      if (left <= 0) break;
      const isLast = i === addresses.length - 1;
      try {
        return await this.#connect(address, port, isLast ? left : Math.min(left, CONNECT_TIMEOUT_MS / 2));
      } catch (error) {
        failure = unreachable(host, error);
        if (failure.code === 'tunnel_lost') break;
      }
    }
    throw failure;
  }

  /** Bytes to and from the internet over all sockets, the open ones included. */
  bytes(): { readonly up: number; readonly down: number } {
    let up = this.#sent;
    let down = this.#received;
    for (const socket of this.#sockets) {
      up += socket.bytesWritten;
      down += socket.bytesRead;
    }
    return { up, down };
  }

  /** Sockets of a dead tunnel never notice by themselves. */
  destroyAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async #addressesOf(host: string): Promise<readonly string[]> {
    const isLiteral = isIP(host) !== 0;
    if (!isLiteral && isForbiddenName(host)) throw forbidden(host);
    const found = isLiteral ? [host] : await this.#resolver.resolve(host);
    const allowed = found.filter((address) => !isForbiddenAddress(address));
    if (allowed.length === 0) throw forbidden(host);
    const bindable = allowed.filter((address) => isIP(address) === 4 || this.#options.localAddress6 !== null);
    if (bindable.length === 0) throw unreachable(host, new Error('no IPv6 through this tunnel'));
    return bindable;
  }

  #connect(address: string, port: number, timeout: number): Promise<Socket> {
    const { localAddress4, localAddress6 } = this.#options;
    const family = isIP(address) === 6 ? 6 : 4;
    const localAddress = family === 6 ? (localAddress6 ?? localAddress4) : localAddress4;
    // `address` is a literal and `family` fixed: Node has nothing to look up anywhere.
    const socket = connect({
      host: address,
      port,
      family,
      localAddress,
      autoSelectFamily: false,
      noDelay: true,
      allowHalfOpen: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEPALIVE_MS,
    });
    this.#sockets.add(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#sent += socket.bytesWritten;
      this.#received += socket.bytesRead;
    });
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => socket.destroy(new Error('ETIMEDOUT')), timeout);
      const fail = (error: Error) => {
        clearTimeout(timer);
        socket.destroy();
        reject(error);
      };
      const gone = () => fail(new Error('EADDRNOTAVAIL'));
      socket.once('error', fail);
      socket.once('close', gone);
      socket.once('connect', () => {
        clearTimeout(timer);
        socket.off('error', fail);
        socket.off('close', gone);
        resolve(socket);
      });
    });
  }
}

function forbidden(host: string): WarrenError {
  return new WarrenError(
    'target_forbidden',
    `${host} is an address of a private or special network; Warren does not carry traffic there.`,
    'Set the route of this site to Direct if it is a device of your own network.',
  );
}

function unreachable(host: string, cause: unknown): WarrenError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : asWarrenError(cause).message;
  if (code === 'EADDRNOTAVAIL' || code === 'ENODEV')
    return new WarrenError(
      'tunnel_lost',
      'The tunnel of this proxy is gone.',
      'Wait for the reconnection, then reload.',
      {
        cause,
      },
    );
  return new WarrenError(
    'target_unreachable',
    `${host} does not answer through this node (${code}).`,
    'Reload; if other sites work, the site itself is down or refuses this node.',
    { cause },
  );
}
