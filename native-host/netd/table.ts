/**
 * The nft table of one tunnel, named after it, as it stands from the first moment: everything closed.
 * Splice, egress and gate fill its chains and sets later; deleting the table takes all of it.
 */
import { CONTROL_PORT, DNS_PORT, RESOLVER_PORT } from '../../shared/wire/control.ts';

/** Nobody reaches the client's own services through the tunnel, and nobody is routed through it. */
export function clientTable(link: string): string {
  return `table inet ${link} {
${SPLICE_CHAINS}
  chain input {
    type filter hook input priority -5; policy accept;
    iifname != "${link}" accept
    ct state established,related accept
    icmp type echo-request limit rate 10/second accept
    icmpv6 type echo-request limit rate 10/second accept
    drop
  }
  chain forward {
    type filter hook forward priority -5; policy accept;
    iifname "${link}" drop
    oifname "${link}" drop
  }
}
`;
}

/**
 * Clients reach the gateway's control channel, resolver and echo, and (until `egress`) nothing else. They
 * ask the resolver at port 53; it listens where an unprivileged program may. Nobody but clients reaches the
 * gateway: to Linux an address belongs to the machine, whichever link a packet for it came by.
 *
 * `source`: a packet bears the address of a peer of this link, and names no stations on its way. WireGuard holds each
 * peer to its own addresses; this holds also where WireGuard was configured wrongly.
 */
export function providerTable(link: string, address4: string, address6: string): string {
  return `table inet ${link} {
${SPLICE_CHAINS}
  set open4 { type ipv4_addr; }
  set open6 { type ipv6_addr; }
  set forbid4 { type ipv4_addr; flags interval; auto-merge; }
  set forbid6 { type ipv6_addr; flags interval; auto-merge; }
  set special4 { type ipv4_addr; flags interval; auto-merge; }
  set special6 { type ipv6_addr; flags interval; auto-merge; }
  set count4 { type ipv4_addr; flags dynamic; size 65535; }
  set count6 { type ipv6_addr; flags dynamic; size 65535; }
  set up4 { type ipv4_addr; flags dynamic,timeout; timeout 1m; size 65535; }
  set up6 { type ipv6_addr; flags dynamic,timeout; timeout 1m; size 65535; }
  set down4 { type ipv4_addr; flags dynamic,timeout; timeout 1m; size 65535; }
  set down6 { type ipv6_addr; flags dynamic,timeout; timeout 1m; size 65535; }
  set flow4 { type ipv4_addr; flags dynamic,timeout; timeout 1m; size 65535; }
  set flow6 { type ipv6_addr; flags dynamic,timeout; timeout 1m; size 65535; }
  chain source {
    type filter hook prerouting priority -300; policy accept;
    iifname != "${link}" accept
    ip option lsrr exists counter drop
    ip option ssrr exists counter drop
    exthdr rt exists counter drop
    fib saddr . iif oif missing counter drop
  }
  chain input {
    type filter hook input priority -5; policy accept;
    iifname != { "${link}", "lo" } ip daddr ${address4} counter drop
    iifname != { "${link}", "lo" } ip6 daddr ${address6} counter drop
    iifname != "${link}" accept
    ip daddr != ${address4} drop
    ip6 daddr != ${address6} drop
    ct state established,related accept
    tcp dport { ${CONTROL_PORT}, ${RESOLVER_PORT} } accept
    udp dport ${RESOLVER_PORT} accept
    icmp type echo-request limit rate 100/second accept
    icmpv6 type echo-request limit rate 100/second accept
    drop
  }
  chain up {
    drop
  }
  chain down {
    drop
  }
  chain forward {
    type filter hook forward priority -5; policy accept;
    iifname "${link}" goto up
    oifname "${link}" goto down
  }
  chain names {
    type nat hook prerouting priority -100; policy accept;
    iifname "${link}" ip daddr ${address4} meta l4proto { tcp, udp } th dport ${DNS_PORT} redirect to :${RESOLVER_PORT}
    iifname "${link}" ip6 daddr ${address6} meta l4proto { tcp, udp } th dport ${DNS_PORT} redirect to :${RESOLVER_PORT}
  }
  chain nat {
    type nat hook postrouting priority 100; policy accept;
  }
}
`;
}

/** Priorities: see splice.ts. */
const SPLICE_CHAINS = `  set splice_ports { type inet_service; }
  map splice_from4 { type ipv4_addr . inet_service : inet_service; }
  map splice_from6 { type ipv6_addr . inet_service : inet_service; }
  chain splice_in {
    type filter hook prerouting priority -90; policy accept;
  }
  chain splice_out {
    type filter hook output priority -310; policy accept;
  }`;
