/**
 * The sockets outside the namespace, by port: what arrives at a port that is a tunnel's and is WireGuard's
 * goes to the tunnel; all else to the socket's own listeners. What netd's splice does in the kernel.
 */
import type { Datagrams, TransportAddress } from '../../shared/effects.ts';

const STUN_COOKIE = [0x21, 0x12, 0xa4, 0x42];
/** The shortest of WireGuard's packets: an empty one that keeps the way open. */
const MIN_LENGTH = 32;

/** What a tunnel takes from the outside. */
export interface Line {
  /** WireGuard's own port in the namespace. */
  readonly wireGuardPort: number;
  accepts(port: number): boolean;
  receive(packet: Uint8Array, from: TransportAddress): void;
}

export class Switchboard {
  readonly #outside = new Map<number, Datagrams>();
  readonly #loopback = new Map<number, (packet: Uint8Array, from: TransportAddress) => void>();
  readonly #lines = new Set<Line>();

  connect(line: Line): () => void {
    this.#lines.add(line);
    return () => this.#lines.delete(line);
  }

  /** The same socket, of which tunnels take what is theirs. */
  outside(socket: Datagrams): Datagrams {
    const { port } = socket.local;
    this.#outside.set(port, socket);
    const handlers = fanOut();
    socket.onPacket((packet, from) => {
      const line = this.#lines.size > 0 && isWireGuard(packet) ? this.#lineAt(port) : null;
      if (line) line.receive(packet, from);
      else handlers.call(packet, from);
    });
    return {
      local: socket.local,
      onPacket: handlers.add,
      send: (packet, to) => socket.send(packet, to),
      close: () => {
        if (this.#outside.get(port) === socket) this.#outside.delete(port);
        return socket.close();
      },
    };
  }

  /** A socket through which a relay meets WireGuard: on the namespace's loopback as if it were there. */
  loopback(socket: Datagrams): Datagrams {
    const { port, address } = socket.local;
    const handlers = fanOut();
    this.#loopback.set(port, handlers.call);
    socket.onPacket(handlers.call);
    return {
      local: socket.local,
      onPacket: handlers.add,
      send: (packet, to) => {
        for (const line of this.#lines)
          if (line.wireGuardPort === to.port) return line.receive(packet, { address, port });
        socket.send(packet, to);
      },
      close: () => {
        this.#loopback.delete(port);
        return socket.close();
      },
    };
  }

  /** What WireGuard sends, to the outside from this port of ours. */
  send(from: number, packet: Uint8Array, to: TransportAddress): void {
    this.#outside.get(from)?.send(packet, to);
  }

  /** What WireGuard sends to a relay's place on loopback. */
  hand(port: number, packet: Uint8Array, from: TransportAddress): void {
    this.#loopback.get(port)?.(packet, from);
  }

  #lineAt(port: number): Line | null {
    for (const line of this.#lines) if (line.accepts(port)) return line;
    return null;
  }
}

/** As netd/splice.ts tells them apart: type 1–4 and three zeros, and no STUN cookie behind. */
export function isWireGuard(packet: Uint8Array): boolean {
  const type = packet[0] ?? 0;
  if (packet.length < MIN_LENGTH || type < 1 || type > 4 || packet[1] !== 0 || packet[2] !== 0 || packet[3] !== 0)
    return false;
  return STUN_COOKIE.some((byte, i) => packet[4 + i] !== byte);
}

type Handler = (packet: Uint8Array, from: TransportAddress) => void;

function fanOut() {
  const handlers = new Set<Handler>();
  return {
    call(packet: Uint8Array, from: TransportAddress): void {
      for (const handler of handlers) handler(packet, from);
    },
    add(handler: Handler): () => void {
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
  };
}
