/**
 * Kinds of home routers as data, in RFC 4787 words. Every router has the links `wan` and `lan`.
 * What each really does is held by tests/net/lab.test.ts against coturn.
 */
import { inNamespace } from './run.ts';

export type Mapping = 'endpoint-independent' | 'address-and-port-dependent' | 'none';
export type Filtering = 'endpoint-independent' | 'address-dependent' | 'address-and-port-dependent' | 'none';

export interface NatKind {
  readonly mapping: Mapping;
  readonly filtering: Filtering;
  readonly preservesPort: boolean;
  /** nftables rules; WANIP stands for the router's public address. */
  readonly rules: string;
}

/** `ct state { new, invalid } drop`, never `!= established`: nft 1.0.6 compiles the latter to "always". */
const FILTER = `
  chain inp { type filter hook input priority filter; policy accept; iifname "wan" ct state { new, invalid } drop; }
  chain fw { type filter hook forward priority filter; policy accept;
    iifname "wan" ct status dnat accept; iifname "wan" ct state { new, invalid } drop; }`;

const POSTROUTING = 'type nat hook postrouting priority srcnat;';

const masquerade = (how = ''): string => `table ip nat {
  chain post { ${POSTROUTING} oifname "wan" masquerade ${how}; }${FILTER}
}`;

/** A cone that opens a port for others once it was used: a dynamic map learns port → inside address. */
const cone = (key: string, match: string, learned: string): string => `table ip nat {
  map open { type ${key} : ipv4_addr; flags dynamic,timeout; timeout 120s; size 65535; }
  chain pre { type nat hook prerouting priority dstnat; iifname "wan" meta l4proto udp dnat to ${match} map @open; }
  chain post { ${POSTROUTING} oifname "wan" masquerade; }
  chain learn { type filter hook forward priority 10;
    oifname "wan" meta l4proto udp update @open { ${learned} : ip saddr }; }${FILTER}
}`;

const snat = (ports: string): string => `table ip nat {
  chain post { ${POSTROUTING} oifname "wan" meta l4proto udp snat to WANIP:${ports}; oifname "wan" masquerade; }${FILTER}
}`;

export const NAT_KINDS = {
  fullCone: {
    mapping: 'endpoint-independent',
    filtering: 'endpoint-independent',
    preservesPort: true,
    rules: cone('inet_service', 'udp dport', 'udp sport'),
  },
  addressRestricted: {
    mapping: 'endpoint-independent',
    filtering: 'address-dependent',
    preservesPort: true,
    rules: cone('inet_service . ipv4_addr', 'udp dport . ip saddr', 'udp sport . ip daddr'),
  },
  portRestricted: {
    mapping: 'endpoint-independent',
    filtering: 'address-and-port-dependent',
    preservesPort: true,
    rules: masquerade(),
  },
  portRestrictedHashed: {
    mapping: 'endpoint-independent',
    filtering: 'address-and-port-dependent',
    preservesPort: false,
    rules: snat('jhash ip saddr . udp sport mod 60000 offset 2000'),
  },
  symmetric: {
    mapping: 'address-and-port-dependent',
    filtering: 'address-and-port-dependent',
    preservesPort: false,
    rules: masquerade('fully-random'),
  },
  symmetricSequential: {
    mapping: 'address-and-port-dependent',
    filtering: 'address-and-port-dependent',
    preservesPort: false,
    rules: snat('numgen inc mod 20000 offset 40000'),
  },
  udpBlocked: {
    mapping: 'none',
    filtering: 'none',
    preservesPort: false,
    rules: masquerade().replace('policy accept;\n    iifname', 'policy accept;\n    meta l4proto udp drop; iifname'),
  },
} as const satisfies Record<string, NatKind>;

export type NatName = keyof typeof NAT_KINDS;

/** Gives a router its kind; mappings of the kind before do not survive. */
export async function setNat(routerNamespace: string, kind: NatName, wanAddress: string): Promise<void> {
  const rules = NAT_KINDS[kind].rules.replaceAll('WANIP', wanAddress);
  await inNamespace(routerNamespace, 'nft', ['-f', '-'], `flush ruleset\n${rules}\n`);
  await inNamespace(routerNamespace, 'conntrack', ['-F']).catch(() => undefined);
}
