/**
 * Kinds of home as data, in RFC 4787 words. Every router has the links `wan` and `lan`.
 * What each really does is held by tests/net/lab.test.ts against coturn.
 */
import { answering, blackhole, cone, counter, mappable, masquerade, oneToOne, snat, udpBlocked } from './nat-rules.ts';

export type Mapping = 'endpoint-independent' | 'address-dependent' | 'address-and-port-dependent' | 'none';
export type Filtering = 'endpoint-independent' | 'address-dependent' | 'address-and-port-dependent' | 'none';

export interface Wiring {
  /** `bridged`: the router is a mere switch. `carrier`: another NAT stands between it and the internet. */
  readonly uplink: 'routed' | 'bridged' | 'carrier';
  /** Which IPv4 addresses the hosts have. */
  readonly hosts: 'private' | 'public' | 'none';
  readonly ipv6: boolean;
}

/** Wires default to a router with private addresses behind it. */
export interface NatKind extends Partial<Wiring> {
  readonly mapping: Mapping;
  readonly filtering: Filtering;
  readonly preservesPort: boolean;
  /** nftables rules of the router; WANIP and HOST stand for its outer and the host's inner address. */
  readonly rules: string;
  /** Rules of the carrier's NAT, for the uplink of that name. */
  readonly carrierRules?: string;
  /** Its router answers UPnP-IGD, NAT-PMP and PCP once `startPortMapper` has run. */
  readonly mapsPorts?: boolean;
}

const EASY = {
  mapping: 'endpoint-independent',
  filtering: 'address-and-port-dependent',
  preservesPort: true,
  rules: masquerade(),
} as const;
const HARD = {
  mapping: 'address-and-port-dependent',
  filtering: 'address-and-port-dependent',
  preservesPort: false,
  rules: masquerade('fully-random'),
} as const;
const OPEN = { mapping: 'endpoint-independent', filtering: 'endpoint-independent', preservesPort: true } as const;
const BLOCKED = { mapping: 'none', filtering: 'none', preservesPort: false } as const;

export const NAT_KINDS = {
  open: { ...OPEN, rules: '', uplink: 'bridged', hosts: 'public' },
  oneToOne: { ...OPEN, rules: oneToOne('HOST') },
  fullCone: { ...OPEN, rules: cone('inet_service', 'udp dport', 'udp sport') },
  addressRestricted: {
    ...EASY,
    filtering: 'address-dependent',
    rules: cone('inet_service . ipv4_addr', 'udp dport . ip saddr', 'udp sport . ip daddr'),
  },
  portRestricted: EASY,
  portRestrictedHashed: {
    ...EASY,
    preservesPort: false,
    rules: snat('jhash ip saddr . udp sport mod 60000 offset 2000'),
  },
  addressSymmetric: {
    ...HARD,
    mapping: 'address-dependent',
    rules: snat('jhash ip daddr . ip saddr . udp sport mod 60000 offset 2000'),
  },
  symmetric: HARD,
  symmetricSequential: { ...HARD, rules: snat(counter(40_000, 2_000)) },
  carrierEasy: { ...EASY, uplink: 'carrier', carrierRules: masquerade() },
  carrierRandom: { ...HARD, rules: masquerade(), uplink: 'carrier', carrierRules: masquerade('fully-random') },
  udpBlocked: { ...BLOCKED, rules: udpBlocked() },
  ipv6Only: { ...OPEN, filtering: 'address-and-port-dependent', rules: '', hosts: 'none', ipv6: true },
  brokenIpv4: { ...BLOCKED, rules: blackhole(), ipv6: true },
  portRestrictedMapping: { ...EASY, rules: mappable(masquerade()), mapsPorts: true },
  symmetricMapping: { ...HARD, rules: mappable(masquerade('fully-random')), mapsPorts: true },
  poisoned: { ...EASY, rules: answering() },
} as const satisfies Record<string, NatKind>;

export type NatName = keyof typeof NAT_KINDS;
