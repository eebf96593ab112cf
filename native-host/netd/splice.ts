/**
 * The splice: our STUN sockets and WireGuard share one outer port without sharing a socket. A packet
 * that arrives at a spliced port and is WireGuard's goes to WireGuard's own port W; what WireGuard sends
 * leaves from our port. All of it in the kernel; no packet reaches this process.
 *
 * Both rewrites happen on the conntrack-facing side of the packet: inbound after conntrack and after
 * destination NAT (-90), outbound before conntrack (-310). So the kernel sees one flow, "our port ↔ peer",
 * the same that the STUN checks opened, and a stateful host firewall lets WireGuard pass as it is.
 * (With `notrack`, as the recipe goes elsewhere, such a firewall drops every packet.)
 */

/**
 * WireGuard's first four bytes: type 1–4 and three zeros, little endian. STUN can not look so (RFC 8489 §5:
 * its second half-word is a length, its cookie is checked besides), nor can TURN's ChannelData (0x40–0x4f).
 */
const WIREGUARD_TYPES = '{ 0x01000000, 0x02000000, 0x03000000, 0x04000000 }';
const STUN_COOKIE = '0x2112a442';

/**
 * One transaction, so not a single packet meets half of it.
 * @param listen WireGuard's own port W: hidden from outside while spliced.
 */
export function spliceRules(link: string, listen: number, accept: readonly number[], send: number): string {
  const inbound = `add rule inet ${link} splice_in`;
  const outbound = `add rule inet ${link} splice_out`;
  return [
    ...unspliceLines(link),
    `${inbound} ip daddr != 127.0.0.0/8 udp dport ${listen} drop`,
    `${inbound} ip6 daddr != ::1 udp dport ${listen} drop`,
    `${inbound} udp dport { ${accept.join(', ')} } @th,64,32 ${WIREGUARD_TYPES} @th,96,32 != ${STUN_COOKIE} udp dport set ${listen}`,
    // A relay forwarder on this machine talks to WireGuard over loopback, at its own port.
    `${outbound} ip daddr 127.0.0.0/8 return`,
    `${outbound} ip6 daddr ::1 return`,
    `${outbound} udp sport ${listen} udp sport set ${send}`,
    '',
  ].join('\n');
}

export function unspliceRules(link: string): string {
  return `${unspliceLines(link).join('\n')}\n`;
}

function unspliceLines(link: string): readonly string[] {
  return [`flush chain inet ${link} splice_in`, `flush chain inet ${link} splice_out`];
}
