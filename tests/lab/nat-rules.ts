/** nftables rules of routers whose links are `wan` and `lan`. WANIP stands for the outer address. */

/** `ct state { new, invalid } drop`, never `!= established`: nft 1.0.6 compiles the latter to "always". */
const DROP_NEW = 'iifname "wan" ct state { new, invalid } drop;';
const POSTROUTING = 'type nat hook postrouting priority srcnat;';
const PREROUTING = 'type nat hook prerouting priority dstnat;';

const filter = (options: { readonly input?: string; readonly forward?: string } = {}): string => `
  chain inp { type filter hook input priority filter; policy accept; ${options.input ?? DROP_NEW} }
  chain fw { type filter hook forward priority filter; policy accept; ${options.forward ?? ''}
    iifname "wan" ct status dnat accept; ${DROP_NEW} }`;

const table = (chains: string): string => `table ip nat {\n${chains}\n}\n`;

/** Linux's own way: keeps the port where it can, one mapping for all destinations while it does. */
export const masquerade = (how = '', filters = filter()): string =>
  table(`  chain post { ${POSTROUTING} oifname "wan" masquerade ${how}; }${filters}`);

/** A cone that opens a port for others once it was used: a dynamic map learns port → inside address. */
export const cone = (key: string, match: string, learned: string): string =>
  table(`  map open { type ${key} : ipv4_addr; flags dynamic,timeout; timeout 120s; size 65535; }
  chain pre { ${PREROUTING} iifname "wan" meta l4proto udp dnat to ${match} map @open; }
  chain post { ${POSTROUTING} oifname "wan" masquerade; }
  chain learn { type filter hook forward priority 10;
    oifname "wan" meta l4proto udp update @open { ${learned} : ip saddr }; }${filter()}`);

/** UDP leaves from a port that `ports` says: a hash keeps it per key, a counter never does. */
export const snat = (ports: string): string =>
  table(
    `  chain post { ${POSTROUTING} oifname "wan" meta l4proto udp snat to WANIP:${ports}; oifname "wan" masquerade; }${filter()}`,
  );

/** `numgen … offset` yields numbers in host order, which as ports would be byte-swapped: a map holds real ports. */
export function counter(first: number, count: number): string {
  const ports = Array.from({ length: count }, (_, n) => `${n} : ${first + n}`);
  return `numgen inc mod ${count} map { ${ports.join(', ')} }`;
}

/** Static, both ways, every port: a host with a public address that it does not know of. */
export const oneToOne = (inside: string): string =>
  table(`  chain pre { ${PREROUTING} iifname "wan" ip daddr WANIP dnat to ${inside}; }
  chain post { ${POSTROUTING} oifname "wan" ip saddr ${inside} snat to WANIP; oifname "wan" masquerade; }${filter()}`);

export const udpBlocked = (): string => masquerade('', filter({ forward: 'meta l4proto udp drop;' }));

/** No IPv4 packet ever comes back, though the host has an address and a route. */
export const blackhole = (): string => table(`  chain fw { type filter hook forward priority filter; policy drop; }`);

/**
 * A router that answers strangers by itself instead of dropping what they send: their packet makes a
 * conntrack entry, and a later packet of the host to the same place has to take another port.
 */
export const answering = (): string => masquerade('', filter({ input: '' }));

/** The chains that miniupnpd fills; the router's own rules stand beside them. */
export const mappable = (rules: string): string => `${rules}table inet upnp {
  chain mapped { }
  chain pre { ${PREROUTING} jump mapped; }
  chain peered { }
  chain post { type nat hook postrouting priority srcnat - 1; jump peered; }
  chain passed { }
  chain fw { type filter hook forward priority filter - 1; policy accept; jump passed; }
}
`;

/** RFC 6092: what nobody inside asked for does not come in; errors and neighbour discovery do. */
export const FIREWALL6 = `table ip6 firewall {
  chain inp { type filter hook input priority filter; policy accept;
    iifname "wan" meta l4proto { tcp, udp } ct state { new, invalid } drop; }
  chain fw { type filter hook forward priority filter; policy accept;
    iifname "wan" meta l4proto { tcp, udp } ct state { new, invalid } drop; }
}
`;
