/**
 * Datagrams over node:dgram: one port number, an IPv4 socket and, where the machine has IPv6, an IPv6
 * socket beside it. It moves bytes and must not look into them.
 */
import dgram from 'node:dgram';
import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { WarrenError } from '../base/errors.ts';
import type { Datagrams, TransportAddress } from '../effects.ts';

export interface DatagramsOptions {
  /** 0 (default): the system chooses. */
  readonly port?: number;
  /** Bind one address of either family instead of all. */
  readonly address?: string;
  /** Bytes that may wait to be read, as far as the system allows: for sockets that carry whole downloads. */
  readonly roomBytes?: number;
}

const SAME_PORT_TRIES = 4;

/** @throws WarrenError port_busy when the wanted port is taken. */
export async function createDatagrams(options: DatagramsOptions = {}): Promise<Datagrams> {
  const wanted = options.port ?? 0;
  const address = options.address ?? '0.0.0.0';
  const bind = (type: 'udp4' | 'udp6', port: number, at: string) => bound(type, port, at, options.roomBytes);
  if (options.address !== undefined) return over(await bind(isIPv6(address) ? 'udp6' : 'udp4', wanted, address));
  for (let left = SAME_PORT_TRIES; ; left--) {
    const v4 = await bind('udp4', wanted, address);
    try {
      return over(v4, await bind('udp6', v4.address().port, '::'));
    } catch (cause) {
      // Another program may hold this number for IPv6 only: draw again, then live without IPv6.
      if (wanted !== 0 || left === 0 || !isBusy(cause)) return over(v4);
      await closed(v4);
    }
  }
}

/** The machine's own addresses, each with `port`: what becomes host candidates (RFC 8445 §5.1.1.1). */
export function hostAddresses(port: number): TransportAddress[] {
  const found: TransportAddress[] = [];
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    // Our own tunnels must never carry our own outer packets.
    if (name.startsWith('wrn')) continue;
    for (const { address, internal, scopeid } of addresses ?? [])
      if (!internal && !scopeid) found.push({ address, port });
  }
  return found;
}

/** At most one socket of each family; the first one's address is called ours. */
function over(first: dgram.Socket, second?: dgram.Socket): Datagrams {
  const sockets = second ? [first, second] : [first];
  const [v4, v6] = ['IPv4', 'IPv6'].map((family) => sockets.find((socket) => socket.address().family === family));
  const handlers = new Set<(packet: Uint8Array, from: TransportAddress) => void>();
  let open = true;
  for (const socket of sockets) {
    socket.on('message', (buffer, from) => {
      // A plain view: Buffer's own slice() would share memory where callers expect a copy.
      const packet = new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
      for (const handler of handlers) handler(packet, { address: from.address, port: from.port });
    });
    // ICMP errors surface here; for us they are lost packets.
    socket.on('error', () => {});
  }
  const { address, port } = first.address();
  return {
    local: { address, port },
    send(packet, to) {
      const socket = to.address.includes(':') ? v6 : v4;
      if (open && socket) socket.send(packet, to.port, to.address, () => {});
    },
    onPacket(handler) {
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
    async close() {
      if (!open) return;
      open = false;
      handlers.clear();
      await Promise.all(sockets.map(closed));
    },
  };
}

function bound(type: 'udp4' | 'udp6', port: number, address: string, room?: number): Promise<dgram.Socket> {
  return new Promise((resolve, reject) => {
    const recvBufferSize = room === undefined ? {} : { recvBufferSize: room };
    const socket = dgram.createSocket({ type, ipv6Only: type === 'udp6', lookup: none, ...recvBufferSize });
    socket.once('error', (cause) => {
      socket.close();
      const free = 'Close the program that uses this port, or choose another one.';
      reject(isBusy(cause) ? new WarrenError('port_busy', `UDP port ${port} is in use.`, free, { cause }) : cause);
    });
    socket.bind(port, address, () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}

/** We send to addresses only: no name is ever looked up for a packet, and none waits for a turn of the loop. */
function none(address: string, _options: unknown, callback: (error: null, address: string, family: number) => void) {
  callback(null, address, address.includes(':') ? 6 : 4);
}

function isBusy(cause: unknown): boolean {
  if (cause instanceof WarrenError) return cause.code === 'port_busy';
  return cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE';
}

function closed(socket: dgram.Socket): Promise<void> {
  return new Promise((resolve) => socket.close(resolve));
}
