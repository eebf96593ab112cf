/**
 * What warren-netd may be asked: newline-delimited JSON over a Unix socket, one answer per request,
 * at most 128 KiB a line. Names and address ranges are limited to Warren's own; whoever created a
 * tunnel owns it, and everything it owns is torn down when its connection closes.
 */
import * as v from 'valibot';
import { Base64KeySchema, CountSchema, PortSchema } from './schema.ts';

export const NETD_VERSION = 1;
export const MAX_LINE_BYTES = 131_072;
/** Of one splice: a provider may have a port and a route of their own for each of so many clients. */
export const MAX_SPLICE_PORTS = 1_024;
export const MAX_SPLICE_ROUTES = 1_024;

/** `wrn` + hex: unique on the machine, since wireguard-go's control socket ignores namespaces. */
export const TunnelNameSchema = v.pipe(v.string(), v.regex(/^wrn[0-9a-f]{6,12}$/));
/** A host address of Warren's tunnel range 100.64.0.0/10 (RFC 6598). */
export const TunnelAddress4Schema = v.pipe(
  v.string(),
  v.ipv4(),
  v.check((a) => {
    const [first, second] = a.split('.').map(Number) as [number, number];
    return first === 100 && second >= 64 && second <= 127;
  }, 'outside 100.64.0.0/10'),
);
/** A host address of Warren's ULA prefix (RFC 4193): fd77:6172:7265::/48. */
export const TunnelAddress6Schema = v.pipe(v.string(), v.ipv6(), v.startsWith('fd77:6172:7265:'));
export const GATEWAY4 = '100.64.0.1';
export const GATEWAY6 = 'fd77:6172:7265::1';

/** Of a tunnel's link, in bytes. Less than 1280 carries no IPv6. */
export const BASE_MTU = 1_280;
/** Ethernet's 1500 less 80: IPv6, UDP and WireGuard. */
export const LARGEST_MTU = 1_420;
const MtuSchema = v.pipe(CountSchema, v.minValue(BASE_MTU), v.maxValue(LARGEST_MTU));

const IpSchema = v.pipe(v.string(), v.ip());
export const EndpointSchema = v.object({ address: IpSchema, port: PortSchema });

/** WireGuard's packets to `remote` leave from our port `from`. */
export const SpliceRouteSchema = v.object({ remote: EndpointSchema, from: PortSchema });
export type SpliceRoute = v.InferOutput<typeof SpliceRouteSchema>;

const PortListSchema = v.pipe(v.array(PortSchema), v.maxLength(64));

export const VerbSchema = v.variant('verb', [
  /** `forwarding`: also say whether what clients send would be forwarded. For whoever looks for a fault. */
  v.object({ verb: v.literal('hello'), version: CountSchema, forwarding: v.optional(v.boolean()) }),
  /**
   * A WireGuard link. `client`: policy route from its addresses, unreachable fallback and belt.
   * `provider`: addresses are the gateway's, no default route, forwarding stays closed until `egress`.
   * The listen port is netd's choice and comes back in the answer.
   */
  v.object({
    verb: v.literal('create'),
    role: v.picklist(['client', 'provider']),
    privateKey: Base64KeySchema,
    address4: TunnelAddress4Schema,
    address6: TunnelAddress6Schema,
    mtu: MtuSchema,
  }),
  v.object({
    verb: v.literal('peer'),
    tunnel: TunnelNameSchema,
    publicKey: Base64KeySchema,
    presharedKey: v.optional(Base64KeySchema),
    endpoint: v.optional(EndpointSchema),
    /** client: everything (0.0.0.0/0, ::/0); provider: the peer's own /32 and /128 only. */
    address4: v.optional(TunnelAddress4Schema),
    address6: v.optional(TunnelAddress6Schema),
    keepaliveSeconds: v.optional(v.pipe(CountSchema, v.maxValue(65535))),
  }),
  v.object({ verb: v.literal('unpeer'), tunnel: TunnelNameSchema, publicKey: Base64KeySchema }),
  /**
   * Joins our STUN ports to WireGuard's listen port, keyed on the STUN cookie: what arrives at any
   * port of `accept` and is WireGuard's goes to WireGuard; what WireGuard sends to a `remote` of `routes`
   * leaves from that route's port, everything else from `send`. The whole state each time; netd applies
   * what changed in one transaction. A client's tunnel may have 16 of each. The ports have to be the caller's own:
   * one where another user has a socket, or that another tunnel has, is refused; one that nobody has is left out.
   */
  v.object({
    verb: v.literal('splice'),
    tunnel: TunnelNameSchema,
    accept: v.pipe(v.array(PortSchema), v.maxLength(MAX_SPLICE_PORTS)),
    send: PortSchema,
    routes: v.optional(v.pipe(v.array(SpliceRouteSchema), v.maxLength(MAX_SPLICE_ROUTES))),
  }),
  /** Where nftables is missing: WireGuard itself listens on this port (the caller closed its socket). */
  v.object({ verb: v.literal('rebind'), tunnel: TunnelNameSchema, port: PortSchema }),
  /**
   * How much the way to this peer carries: a client's link, a provider's routes to the peer. 1280 to begin with.
   * `towards`: where the peer is, if the caller knows; else WireGuard is asked, for all peers at once.
   */
  v.object({
    verb: v.literal('mtu'),
    tunnel: TunnelNameSchema,
    publicKey: Base64KeySchema,
    mtu: MtuSchema,
    towards: v.optional(IpSchema),
  }),
  v.object({ verb: v.literal('counters'), tunnel: TunnelNameSchema }),
  /** Provider: masquerade to the internet with the egress guard; `forbid` adds own and LAN addresses. */
  v.object({
    verb: v.literal('egress'),
    tunnel: TunnelNameSchema,
    forbid: v.pipe(v.array(v.pipe(v.string(), v.maxLength(64), v.regex(/^[0-9a-f.:/]+$/))), v.maxLength(256)),
    blockedTcpPorts: PortListSchema,
    blockedUdpPorts: v.optional(PortListSchema),
    /** Nothing but these, TCP and UDP; empty: all that are not blocked. */
    allowedPorts: v.optional(PortListSchema),
    perClientKbps: v.optional(CountSchema),
    /** Of one client: connections at once, and new flows in a second (five times as many at once). */
    maxConnections: v.optional(v.pipe(CountSchema, v.minValue(1), v.maxValue(65_535))),
    newFlowsPerSecond: v.optional(v.pipe(CountSchema, v.minValue(1), v.maxValue(10_000))),
    /** What all clients together may receive, held by a queue in front of WireGuard. */
    totalKbps: v.optional(v.pipe(CountSchema, v.minValue(64))),
  }),
  /** Provider: let a peer's forwarded traffic through, or not. The control channel always passes. */
  v.object({
    verb: v.literal('gate'),
    tunnel: TunnelNameSchema,
    address4: TunnelAddress4Schema,
    address6: TunnelAddress6Schema,
    open: v.boolean(),
  }),
  v.object({ verb: v.literal('destroy'), tunnel: TunnelNameSchema }),
]);
export type Verb = v.InferOutput<typeof VerbSchema>;
export type VerbName = Verb['verb'];

export const NetdRequestSchema = v.object({ id: CountSchema, body: VerbSchema });

export const PeerCountersSchema = v.object({
  publicKey: Base64KeySchema,
  endpoint: v.nullable(EndpointSchema),
  /** Epoch ms of the last handshake; 0 when there was none. */
  handshakeAt: v.number(),
  rxBytes: CountSchema,
  txBytes: CountSchema,
});
export type PeerCounters = v.InferOutput<typeof PeerCountersSchema>;

export const ForwardLookSchema = v.object({
  /** netd can switch the machine's forwarding on. */
  switchable: v.boolean(),
  /** Chains of other firewalls that drop what is forwarded, as nft names them: `ip filter FORWARD`. */
  droppedBy: v.pipe(v.array(v.pipe(v.string(), v.regex(/^(ip|ip6|inet) [\w-]+ [\w-]+$/))), v.maxLength(8)),
});
export type ForwardLook = v.InferOutput<typeof ForwardLookSchema>;

export const NETD_RESULTS = {
  hello: v.object({
    version: CountSchema,
    backend: v.picklist(['kernel', 'wireguard-go']),
    splice: v.boolean(),
    /** No netd answered, but the host's own namespace. */
    rootless: v.optional(v.boolean()),
    forwarding: v.optional(ForwardLookSchema),
  }),
  create: v.object({
    tunnel: TunnelNameSchema,
    listenPort: PortSchema,
    backend: v.picklist(['kernel', 'wireguard-go']),
  }),
  peer: v.object({}),
  unpeer: v.object({}),
  splice: v.object({}),
  rebind: v.object({}),
  mtu: v.object({}),
  counters: v.object({ peers: v.array(PeerCountersSchema) }),
  egress: v.object({}),
  gate: v.object({}),
  destroy: v.object({}),
} as const;
export type NetdResult<V extends VerbName> = v.InferOutput<(typeof NETD_RESULTS)[V]>;

export const NetdAnswerSchema = v.object({
  id: CountSchema,
  result: v.optional(v.unknown()),
  error: v.optional(v.object({ code: v.string(), message: v.string(), action: v.string() })),
});
