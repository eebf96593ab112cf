/**
 * An internet in memory: Datagrams twins joined by links with delay and loss, behind NATs whose mapping
 * and filtering are those of RFC 4787. Deterministic on a fake clock.
 */
import type { Clock, Datagrams, TransportAddress } from '../../shared/effects.ts';

export type Behaviour = 'endpoint-independent' | 'address-dependent' | 'address-and-port-dependent';

export interface NatKind {
  readonly mapping: Behaviour;
  readonly filtering: Behaviour;
  readonly keepsPort?: boolean;
}

interface Node {
  /** A packet that reached one of this node's outside addresses. */
  receive(packet: Uint8Array, from: TransportAddress, to: TransportAddress): void;
}

export interface Network {
  /** A socket with this very address on this network. */
  socket(address: string, port: number): Datagrams;
  /** A home: its own network whose packets leave under `address` of this one. */
  nat(address: string, kind: NatKind): Network & { forget(): void };
  /** Packets that match are lost, from now on. */
  lose(match: ((from: TransportAddress, to: TransportAddress) => boolean) | null): void;
  readonly log: { readonly from: TransportAddress; readonly to: TransportAddress; readonly packet: Uint8Array }[];
}

const key = (a: TransportAddress) => `${a.address} ${a.port}`;

export function createNetwork(clock: Clock, delay = 10): Network {
  return network(clock, delay, null);
}

type Uplink = (packet: Uint8Array, from: TransportAddress, to: TransportAddress) => void;

function network(clock: Clock, delay: number, uplink: Uplink | null): Network & { inject: Uplink } {
  const nodes = new Map<string, Node>();
  const log: { from: TransportAddress; to: TransportAddress; packet: Uint8Array }[] = [];
  let lost: ((from: TransportAddress, to: TransportAddress) => boolean) | null = null;

  function deliver(packet: Uint8Array, from: TransportAddress, to: TransportAddress): void {
    log.push({ from, to, packet });
    if (lost?.(from, to)) return;
    clock.after(delay, () => (nodes.get(key(to)) ?? nodes.get(to.address))?.receive(packet, from, to));
  }
  const send: Uplink = (packet, from, to) => {
    if (uplink && !nodes.has(key(to)) && !nodes.has(to.address)) uplink(packet, from, to);
    else deliver(packet, from, to);
  };

  return {
    log,
    inject: deliver,
    lose(match) {
      lost = match;
    },
    socket(address, port) {
      const local = { address, port };
      const handlers = new Set<(packet: Uint8Array, from: TransportAddress) => void>();
      if (nodes.has(key(local))) throw new Error(`${key(local)} is in use`);
      nodes.set(key(local), {
        receive: (packet, from) => {
          for (const handler of handlers) handler(packet.slice(), from);
        },
      });
      return {
        local,
        send: (packet, to) => send(packet.slice(), local, to),
        onPacket(handler) {
          handlers.add(handler);
          return () => handlers.delete(handler);
        },
        close: async () => {
          nodes.delete(key(local));
          handlers.clear();
        },
      };
    },
    nat(address, kind) {
      interface Mapping {
        readonly inside: TransportAddress;
        readonly outside: TransportAddress;
        readonly sentTo: Set<string>;
      }
      const mappings = new Map<string, Mapping>();
      const byPort = new Map<number, Mapping>();
      let nextPort = 40_000;
      const scope = (how: Behaviour, to: TransportAddress) =>
        how === 'endpoint-independent' ? '' : how === 'address-dependent' ? to.address : key(to);

      const inside = network(clock, 0, (packet, from, to) => {
        const name = `${key(from)} > ${scope(kind.mapping, to)}`;
        let mapping = mappings.get(name);
        if (!mapping) {
          let port = kind.keepsPort && !byPort.has(from.port) ? from.port : nextPort;
          while (byPort.has(port)) port = nextPort += 7;
          mapping = { inside: from, outside: { address, port }, sentTo: new Set() };
          mappings.set(name, mapping);
          byPort.set(port, mapping);
        }
        mapping.sentTo.add(scope(kind.filtering, to));
        send(packet, mapping.outside, to);
      });
      nodes.set(address, {
        receive(packet, from, to) {
          const mapping = byPort.get(to.port);
          if (mapping?.sentTo.has(scope(kind.filtering, from))) inside.inject(packet, from, mapping.inside);
        },
      });
      return {
        ...inside,
        forget() {
          mappings.clear();
          byPort.clear();
          nextPort += 1000;
        },
      };
    },
  };
}
