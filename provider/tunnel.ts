/**
 * The one WireGuard interface of all clients, through warren-netd: peers come and go, counters are read
 * for all of them at once. It knows neither money nor handshakes.
 */
import type { ByteCount, Ms } from '../shared/base/units.ts';
import type { Clock, TunnelDevice, Unsubscribe } from '../shared/effects.ts';
import { DOUBT } from '../shared/machine/tunnel/doubt.ts';
import { createSplice } from '../shared/node/splice.ts';
import { GATEWAY4, GATEWAY6, LARGEST_MTU, type PeerCounters, type SpliceRoute } from '../shared/wire/netd.ts';
import type { TunnelAddresses } from './addresses.ts';
import { linkBytes } from './link-bytes.ts';

export interface PeerSetup extends TunnelAddresses {
  /** Base64. */
  readonly publicKey: string;
  readonly presharedKey: string;
}

export interface TunnelOptions {
  readonly device: TunnelDevice;
  readonly clock: Clock;
  /** Base64; of this process only, a new one at every start. */
  readonly privateKey: string;
  /** The public UDP port to begin with: its packets that are no STUN belong to WireGuard. */
  readonly port: number;
  readonly onError: (error: unknown) => void;
}

export interface EgressPolicy {
  /** Prefixes of this home that nobody's traffic may reach. */
  readonly forbid: readonly string[];
  readonly blockedTcpPorts: readonly number[];
  readonly blockedUdpPorts: readonly number[];
  /** Nothing but these; empty: all that are not blocked. */
  readonly allowedPorts: readonly number[];
  /** Of one client. */
  readonly maxConnections: number;
  readonly newFlowsPerSecond: number;
  /** 0: no limit of its own. */
  readonly perClientKbps: number;
  readonly totalKbps: number;
}

export interface ProviderTunnel {
  readonly name: string;
  readonly backend: 'kernel' | 'wireguard-go';
  /** WireGuard's own UDP port. */
  readonly wireGuardPort: number;
  /** What clients may reach; may be called again when the addresses of this machine change. */
  egress(policy: EgressPolicy): Promise<void>;
  addPeer(peer: PeerSetup, onCounters: (counters: PeerCounters) => void): Promise<void>;
  removePeer(publicKey: string): Promise<void>;
  /** All UDP ports of ours whose packets are WireGuard's, and the one that its own leave from by default. */
  ports(accept: readonly number[], send: number): Promise<void>;
  /** Where a client's packets go to leaves from this port; null: by default. Resolves once it is so. */
  route(publicKey: string, route: SpliceRoute | null): Promise<void>;
  /** The way to this client, which is at `towards`, carries packets of so many bytes. */
  mtu(publicKey: string, bytes: number, towards: string): Promise<void>;
  gate(addresses: TunnelAddresses, open: boolean): Promise<void>;
  /** Bytes of all peers, ever. */
  readonly totals: { readonly rxBytes: ByteCount; readonly txBytes: ByteCount };
  close(): Promise<void>;
}

/** What passes between two samples is seen late, and given on credit: look often while bytes flow. */
const BUSY_SAMPLE_MS = 50;
const IDLE_SAMPLE_MS = 150;
const BUSY_BYTES = 50_000;
/** Reading a thousand peers takes longer: never more than a quarter of the time goes into it. */
const REST_FACTOR = 3;
/** While nothing passes the link, nobody's counters move but by keepalives: they are read this often. */
const QUIET_SAMPLE_MS = 1_500;
/** But once more so long after something passed: whose flow broke off has to be asked by then (doubt.ts). */
const LAST_LOOK_MS = DOUBT + 50;
/** So long a client's counters are told although they stand still: who watches flows and rates sees them end. */
const SETTLED_MS = 3_000;

interface Watcher {
  readonly handler: (counters: PeerCounters) => void;
  last: PeerCounters | null;
  changedAt: Ms;
}

export async function openTunnel(options: TunnelOptions): Promise<ProviderTunnel> {
  const { device, clock } = options;
  const watchers = new Map<string, Watcher>();
  const totals = { rxBytes: 0, txBytes: 0 };
  let cancelSample: Unsubscribe | null = null;
  let sampling = false;
  let closed = false;
  let passed: number | null = null;
  let lastLookAt: Ms | null = null;
  let sampledAt: Ms = Number.NEGATIVE_INFINITY;

  const created = await device.ask({
    verb: 'create',
    role: 'provider',
    privateKey: options.privateKey,
    address4: GATEWAY4,
    address6: GATEWAY6,
    // Room for the best way to a client; the route to each is as narrow as the way to it.
    mtu: LARGEST_MTU,
  });
  const { tunnel, backend, listenPort } = created;
  const splice = createSplice(device, tunnel);
  await splice.ports([options.port], options.port);

  /** A glance at the link first: a thousand idle peers would keep a small machine busy with being read. */
  function look(): void {
    const now = linkBytes(tunnel);
    const isLast = lastLookAt !== null && clock.now() >= lastLookAt;
    if (now !== passed) lastLookAt = clock.now() + LAST_LOOK_MS;
    else if (isLast) lastLookAt = null;
    const isQuiet = now !== null && now === passed && !isLast && clock.now() - sampledAt < QUIET_SAMPLE_MS;
    passed = now;
    if (isQuiet) schedule(IDLE_SAMPLE_MS);
    else void sample();
  }

  async function sample(): Promise<void> {
    const started = clock.now();
    sampledAt = started;
    const before = totals.rxBytes + totals.txBytes;
    sampling = true;
    try {
      const { peers } = await device.ask({ verb: 'counters', tunnel });
      for (const counters of peers) {
        const watcher = watchers.get(counters.publicKey);
        if (!watcher) continue;
        if (watcher.last !== null && isSame(watcher.last, counters)) {
          if (started - watcher.changedAt > SETTLED_MS) continue;
        } else watcher.changedAt = started;
        totals.rxBytes += counters.rxBytes - (watcher.last?.rxBytes ?? 0);
        totals.txBytes += counters.txBytes - (watcher.last?.txBytes ?? 0);
        watcher.last = counters;
        watcher.handler(counters);
      }
    } catch (error) {
      if (!closed) options.onError(error);
    }
    sampling = false;
    const busy = totals.rxBytes + totals.txBytes - before > BUSY_BYTES;
    schedule(Math.max(busy ? BUSY_SAMPLE_MS : IDLE_SAMPLE_MS, REST_FACTOR * (clock.now() - started)));
  }

  function schedule(delay: Ms): void {
    if (closed || sampling || cancelSample || watchers.size === 0) return;
    cancelSample = clock.after(delay, () => {
      cancelSample = null;
      look();
    });
  }

  return {
    name: tunnel,
    backend,
    wireGuardPort: listenPort,
    totals,
    async egress({ forbid, blockedTcpPorts, blockedUdpPorts, allowedPorts, ...limits }) {
      await device.ask({
        verb: 'egress',
        tunnel,
        forbid: [...forbid],
        blockedTcpPorts: [...blockedTcpPorts],
        blockedUdpPorts: [...blockedUdpPorts],
        allowedPorts: [...allowedPorts],
        ...limits,
      });
    },
    async addPeer({ publicKey, presharedKey, address4, address6 }, onCounters) {
      // No endpoint and no keepalive: only the client initiates, and WireGuard learns where it is from that.
      await device.ask({ verb: 'peer', tunnel, publicKey, presharedKey, address4, address6, keepaliveSeconds: 0 });
      watchers.set(publicKey, { handler: onCounters, last: null, changedAt: clock.now() });
      schedule(IDLE_SAMPLE_MS);
    },
    async removePeer(publicKey) {
      if (!watchers.delete(publicKey) || closed) return;
      await device.ask({ verb: 'unpeer', tunnel, publicKey });
    },
    ports: splice.ports,
    route: splice.route,
    async mtu(publicKey, bytes, towards) {
      if (watchers.has(publicKey)) await device.ask({ verb: 'mtu', tunnel, publicKey, mtu: bytes, towards });
    },
    async gate({ address4, address6 }, open) {
      await device.ask({ verb: 'gate', tunnel, address4, address6, open });
    },
    async close() {
      if (closed) return;
      closed = true;
      splice.close();
      cancelSample?.();
      watchers.clear();
      await device.ask({ verb: 'destroy', tunnel }).catch(() => {});
    },
  };
}

function isSame(a: PeerCounters, b: PeerCounters): boolean {
  const at = a.endpoint?.address === b.endpoint?.address && a.endpoint?.port === b.endpoint?.port;
  return at && a.rxBytes === b.rxBytes && a.txBytes === b.txBytes && a.handshakeAt === b.handshakeAt;
}
