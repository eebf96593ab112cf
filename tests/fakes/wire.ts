/**
 * WireGuard, netd and the in-tunnel control port in memory: two devices that know each other's keys
 * shake hands, count what a test says was carried, and are gone when netd is.
 */

import type { ControlConnection } from '../../native-host/control-connection.ts';
import { WarrenError } from '../../shared/base/errors.ts';
import type { Clock, TunnelDevice } from '../../shared/effects.ts';
import type { ControlDown, ControlUpInput } from '../../shared/wire/control.ts';
import type { NetdResult, Verb, VerbName } from '../../shared/wire/netd.ts';

export interface FakeNetd {
  readonly device: TunnelDevice;
  /** The verbs that were asked, in order. */
  readonly verbs: VerbName[];
  /** Peers that answer this client's WireGuard. */
  readonly answering: Set<string>;
  /** False: as on a machine without nftables. */
  splice: boolean;
  carry(rxBytes: number, txBytes: number): void;
  kill(): void;
}

export function createFakeNetd(clock: Clock): FakeNetd {
  const lost = new Set<() => void>();
  const verbs: VerbName[] = [];
  const answering = new Set<string>();
  const counters = { rxBytes: 0, txBytes: 0, handshakeAt: 0 };
  let peer: { publicKey: string; endpoint: { address: string; port: number } | null } | null = null;
  let dead = false;

  const act = (body: Verb): unknown => {
    switch (body.verb) {
      case 'hello':
        return { version: 1, backend: 'wireguard-go', splice: netd.splice };
      case 'create':
        Object.assign(counters, { rxBytes: 0, txBytes: 0, handshakeAt: 0 });
        return { tunnel: 'wrnabcdef', listenPort: 50_000, backend: 'wireguard-go' };
      case 'peer':
        peer = { publicKey: body.publicKey, endpoint: body.endpoint ?? null };
        clock.after(20, () => {
          if (answering.has(body.publicKey)) counters.handshakeAt = clock.now();
        });
        return {};
      case 'unpeer':
        peer = null;
        return {};
      case 'counters':
        return { peers: peer ? [{ ...peer, ...counters }] : [] };
      default:
        return {};
    }
  };
  const device: TunnelDevice = {
    async ask<V extends VerbName>(body: Extract<Verb, { verb: V }>): Promise<NetdResult<V>> {
      if (dead) throw new WarrenError('netd_unreachable', 'gone', 'start it');
      verbs.push(body.verb);
      return act(body) as NetdResult<V>;
    },
    onLost(handler) {
      lost.add(handler);
      return () => lost.delete(handler);
    },
    close: async () => {
      dead = true;
    },
  };
  const netd: FakeNetd = {
    device,
    verbs,
    splice: true,
    answering,
    carry(rxBytes, txBytes) {
      counters.rxBytes += rxBytes;
      counters.txBytes += txBytes;
    },
    kill() {
      dead = true;
      for (const handler of [...lost]) handler();
    },
  };
  return netd;
}

export interface FakeControl {
  readonly connection: ControlConnection;
  /** The provider's side: everything the client said, and what to say back. */
  onUp(handler: (message: ControlUpInput) => void): void;
  down(message: ControlDown): void;
  break(): void;
}

export function createFakeControl(clock: Clock, delay = 10): FakeControl {
  const handlers = new Set<(message: ControlDown) => void>();
  const losers = new Set<(error: WarrenError) => void>();
  let up: (message: ControlUpInput) => void = () => {};
  let open = true;
  return {
    onUp: (handler) => {
      up = handler;
    },
    down(message) {
      clock.after(delay, () => {
        for (const handler of handlers) if (open) handler(message);
      });
    },
    break() {
      for (const loser of losers) loser(new WarrenError('tunnel_lost', 'broken', 'wait'));
    },
    connection: {
      send: (message) => void clock.after(delay, () => open && up(message)),
      onMessage(handler) {
        handlers.add(handler);
        return () => handlers.delete(handler);
      },
      onLost(handler) {
        losers.add(handler);
        return () => losers.delete(handler);
      },
      close: () => {
        open = false;
      },
    },
  };
}
