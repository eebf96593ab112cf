/**
 * The WireGuard side of one exit: the link that netd makes, its peer, the splice, and the counters
 * polled while it lives. Whether the tunnel is alive is for shared/machine/tunnel to say.
 */
import { toBase64 } from '../shared/base/bytes.ts';
import { asWarrenError, type WarrenErrorData } from '../shared/base/errors.ts';
import type { Ms } from '../shared/base/units.ts';
import type { TransportAddress, TunnelDevice } from '../shared/effects.ts';
import { drive } from '../shared/machine/drive.ts';
import type { Session } from '../shared/machine/handshake/api.ts';
import { type Consent, Tunnel, type TunnelInput, type TunnelOutput } from '../shared/machine/tunnel/tunnel.ts';
import { createSplice } from '../shared/node/splice.ts';
import { BASE_MTU, type PeerCounters } from '../shared/wire/netd.ts';
import type { World } from './world.ts';

/** Makes WireGuard initiate at once; the NAT mapping itself is kept by the consent checks. */
const KEEPALIVE_SECONDS = 20;
/** Until the first handshake every round trip counts; then the gate's 1 MB sets the pace. */
const POLL_WAITING: Ms = 15;
const POLL_IDLE: Ms = 250;
const POLL_BUSY: Ms = 60;
/** Something went out and nothing came back meanwhile: whether that goes on shall be known soon. */
const POLL_UNANSWERED: Ms = 100;
/** How long after a move late packets may still turn WireGuard back. */
const SETTLE: Ms = 1_500;
/** Bytes between two polls above which the next one comes sooner: 1 MB in 250 ms. */
const BUSY_BYTES_PER_MS = 1_000;

export interface LinkEvents {
  up(): void;
  counters(counters: PeerCounters): void;
  /** WireGuard received something. */
  heard(): void;
  /** Nothing seems to come back: the path should be asked. */
  doubt(): void;
  lost(error: WarrenErrorData): void;
}

export interface Link {
  /** WireGuard's own port W. */
  readonly wireGuardPort: number;
  /** These ports of ours are WireGuard's. */
  accept(ports: readonly number[]): Promise<void>;
  /** Adds the peer; WireGuard initiates at once. @param from our port that its packets leave from; null: as it is. */
  join(remote: TransportAddress, from: number | null): Promise<void>;
  /** Without a splice: WireGuard itself listens on this port; our socket on it has to be closed before. */
  takeOver(port: number): Promise<void>;
  /** The path moved: WireGuard sends to the new address, and from this port, from now on. */
  move(remote: TransportAddress, from: number | null): Promise<void>;
  consent(state: Consent): void;
  /** The way carries packets of so many bytes. */
  mtu(bytes: number): Promise<void>;
  /** The counters right now; null when the link is gone. */
  sample(): Promise<PeerCounters | null>;
  destroy(): Promise<void>;
}

/** @throws WarrenError `netd_unreachable`, `netd_refused`, `wireguard_unavailable`. */
export async function createLink(
  world: World,
  device: TunnelDevice,
  session: Session,
  privateKey: string,
  /** The path's ports: joined to WireGuard from the start, while only STUN comes there. None: see `takeOver`. */
  ports: readonly number[],
  events: LinkEvents,
): Promise<Link> {
  const { address4, address6 } = session.terms;
  const { tunnel, listenPort } = await device.ask<'create'>({
    verb: 'create',
    role: 'client',
    privateKey,
    address4,
    address6,
    mtu: BASE_MTU,
  });
  const splice = createSplice(device, tunnel);
  /** Where packets leave from whose destination we did not choose: WireGuard followed its peer. */
  let send = ports[0] ?? 0;
  try {
    await splice.ports(ports, send);
  } catch (error) {
    await device.ask<'destroy'>({ verb: 'destroy', tunnel }).catch(() => {});
    throw error;
  }
  const publicKey = session.peerWireGuardKey;
  let endpoint: TransportAddress | null = null;
  let machine: { feed(input: TunnelInput): void; stop(): void } | null = null;
  let cancelPoll: (() => void) | null = null;
  let alive = true;
  let handshaken = false;
  /** WireGuard goes back to where a late packet came from: until then its endpoint is looked after. */
  let settlesUntil: Ms = 0;

  const peer = (keepaliveSeconds = KEEPALIVE_SECONDS) => {
    const presharedKey = toBase64(session.psk);
    const at = endpoint ? { endpoint } : {};
    return device.ask<'peer'>({
      verb: 'peer',
      tunnel,
      publicKey,
      presharedKey,
      ...at,
      keepaliveSeconds,
    });
  };
  /** Switched on anew, the keepalive goes out at once: the node follows the first packet that it gets. */
  const nudge = async () => {
    await peer(0);
    await peer();
  };
  const fail = (error: unknown) => {
    if (alive) events.lost(asWarrenError(error).data());
  };
  const act = (output: TunnelOutput) => {
    switch (output.type) {
      case 'up':
        handshaken = true;
        return events.up();
      case 'heard':
        return events.heard();
      case 'doubt':
        return events.doubt();
      case 'nudge':
        nudge().catch(fail);
        return;
      case 'kick':
        device
          .ask<'unpeer'>({ verb: 'unpeer', tunnel, publicKey })
          .then(() => peer())
          .catch(fail);
        return;
      case 'lost':
        return events.lost(output.error);
    }
  };
  const sample = async () => {
    const { peers } = await device.ask<'counters'>({ verb: 'counters', tunnel });
    return peers.find((entry) => entry.publicKey === publicKey) ?? null;
  };
  const poll = async (before: PeerCounters | null, at: Ms) => {
    const now = world.clock.now();
    let counters = before;
    try {
      counters = (await sample()) ?? before;
    } catch (error) {
      return fail(error);
    }
    if (!alive) return;
    if (counters) {
      const { handshakeAt, rxBytes, txBytes } = counters;
      machine?.feed({ type: 'counters', handshakeAt, rxBytes, txBytes });
      events.counters(counters);
      if (now < settlesUntil && endpoint && !isSame(endpoint, counters.endpoint)) peer().catch(fail);
    }
    if (alive)
      cancelPoll = world.clock.after(pace(before, counters, now - at, handshaken), () => void poll(counters, now));
  };

  /** By destination, so that port and endpoint change in one moment: that of WireGuard's new endpoint. */
  const leaveFrom = async (from: number | null, remote: TransportAddress) => {
    if (from === null) return;
    send = from;
    await splice.route(publicKey, { remote: { address: remote.address, port: remote.port }, from }, true);
  };

  return {
    wireGuardPort: listenPort,
    async accept(now) {
      if (!now.includes(send)) send = now[0] ?? 0;
      await splice.ports(now, send);
    },
    async join(remote, from) {
      endpoint = { address: remote.address, port: remote.port };
      await leaveFrom(from, remote);
      await peer();
      if (!alive) return;
      machine = drive(new Tunnel(world.clock.now()), world.clock, act);
      void poll(null, world.clock.now());
    },
    async takeOver(own) {
      await device.ask<'rebind'>({ verb: 'rebind', tunnel, port: own });
    },
    async move(remote, from) {
      if (!endpoint) return;
      const moves = !isSame(endpoint, remote);
      endpoint = { address: remote.address, port: remote.port };
      settlesUntil = world.clock.now() + SETTLE;
      await leaveFrom(from, remote);
      if (!moves) return;
      await nudge();
    },
    async mtu(bytes) {
      if (alive) await device.ask<'mtu'>({ verb: 'mtu', tunnel, publicKey, mtu: bytes });
    },
    consent: (state) => machine?.feed({ type: 'consent', state }),
    sample: () => sample().catch(() => null),
    async destroy() {
      alive = false;
      splice.close();
      cancelPoll?.();
      machine?.stop();
      await device.ask<'destroy'>({ verb: 'destroy', tunnel }).catch(() => {});
    },
  };
}

function isSame(a: TransportAddress, b: TransportAddress | null): boolean {
  return a.address === b?.address && a.port === b.port;
}

function pace(before: PeerCounters | null, now: PeerCounters | null, elapsed: Ms, handshaken: boolean): Ms {
  if (!handshaken) return POLL_WAITING;
  if (!before || !now) return POLL_IDLE;
  if (now.rxBytes === before.rxBytes && now.txBytes > before.txBytes) return POLL_UNANSWERED;
  const moved = now.rxBytes + now.txBytes - before.rxBytes - before.txBytes;
  return moved / Math.max(1, elapsed) > BUSY_BYTES_PER_MS ? POLL_BUSY : POLL_IDLE;
}
