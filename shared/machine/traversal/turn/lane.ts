/**
 * Where WireGuard meets a relay: a UDP port of ours on loopback, the endpoint that WireGuard is given for
 * one peer. What WireGuard sends there goes wherever the lane leads at the moment; what comes for it is
 * handed on from there, so WireGuard sees one steady address whatever the relay does.
 */
import type { Datagrams, TransportAddress } from '../../../effects.ts';

const LOOPBACK = '127.0.0.1';

export interface Lane {
  /** WireGuard's endpoint for this peer. */
  readonly at: TransportAddress;
  /** WireGuard's own port W, as netd's `create` answered; before that nothing passes. */
  joins(wireGuardPort: number): void;
  /** Where WireGuard's packets go from now on; null: nowhere. */
  lead(send: ((packet: Uint8Array) => void) | null): void;
  /** A packet of the peer, for WireGuard. */
  deliver(packet: Uint8Array): void;
  close(): Promise<void>;
}

/** @param loop a socket bound to loopback. */
export function createLane(loop: Datagrams): Lane {
  let wireGuard: TransportAddress | null = null;
  let send: ((packet: Uint8Array) => void) | null = null;
  loop.onPacket((packet, from) => {
    // Other programs of this machine can reach loopback too.
    if (from.port === wireGuard?.port) send?.(packet);
  });
  return {
    at: { address: LOOPBACK, port: loop.local.port },
    lead(next) {
      send = next;
    },
    joins(port) {
      wireGuard = { address: LOOPBACK, port };
    },
    deliver(packet) {
      if (wireGuard) loop.send(packet, wireGuard);
    },
    close: () => loop.close(),
  };
}
