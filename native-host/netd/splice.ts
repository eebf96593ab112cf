/**
 * The splice: our STUN sockets and WireGuard share one outer port without sharing a socket. A packet
 * that arrives at a spliced port and is WireGuard's goes to WireGuard's own port W; what WireGuard sends
 * leaves from one of our ports, by its destination. All of it in the kernel; no packet reaches this process.
 *
 * Both rewrites happen on the conntrack-facing side of the packet: inbound after conntrack and after
 * destination NAT (-90), outbound before conntrack (-310). So the kernel sees one flow, "our port ↔ peer",
 * the same that the STUN checks opened, and a stateful host firewall lets WireGuard pass as it is.
 * (With `notrack`, as the recipe goes elsewhere, such a firewall drops every packet.)
 */
import { isIPv6 } from 'node:net';
import { canonicalIp } from '../../shared/base/ip.ts';
import type { SpliceRoute } from '../../shared/wire/netd.ts';
import { refuse } from './refusal.ts';

/**
 * WireGuard's first four bytes: type 1–4 and three zeros, little endian. STUN can not look so (RFC 8489 §5:
 * its second half-word is a length, its cookie is checked besides), nor can TURN's ChannelData (0x40–0x4f).
 */
const WIREGUARD_TYPES = '{ 0x01000000, 0x02000000, 0x03000000, 0x04000000 }';
const STUN_COOKIE = '0x2112a442';

/** What is joined now, in nft's own words, so that two of them can be compared. */
export interface Splice {
  readonly send: number;
  readonly ports: ReadonlySet<string>;
  readonly routes4: ReadonlySet<string>;
  readonly routes6: ReadonlySet<string>;
  /** Every port that WireGuard's packets may leave from. */
  readonly froms: ReadonlySet<number>;
}

const NOTHING: ReadonlySet<never> = new Set();
export const NO_SPLICE: Splice = { send: 0, ports: NOTHING, routes4: NOTHING, routes6: NOTHING, froms: NOTHING };

/** @param most of ports and of routes. @throws WarrenError `netd_refused` for too many, or two routes to one remote. */
export function spliceOf(
  accept: readonly number[],
  send: number,
  routes: readonly SpliceRoute[],
  most: number,
): Splice {
  if (accept.length > most || routes.length > most) throw refuse('A splice of so many ports is not for this tunnel.');
  const remotes = new Set<string>();
  const routes4 = new Set<string>();
  const routes6 = new Set<string>();
  for (const { remote, from } of routes) {
    const address = canonicalIp(remote.address);
    if (address === null) throw refuse('An address can not be read.');
    const key = `${address} . ${remote.port}`;
    if (remotes.has(key)) throw refuse('Two routes lead to one address and port.');
    remotes.add(key);
    (isIPv6(address) ? routes6 : routes4).add(`${key} : ${from}`);
  }
  const froms = new Set([send, ...routes.map(({ from }) => from)]);
  return { send, ports: new Set(accept.map(String)), routes4, routes6, froms };
}

/**
 * One transaction, so not a single packet meets half of it. Elements are changed one by one: replacing a
 * thousand of them takes 30 ms, one of them 10. The rules stay as they are unless a port in them changed.
 * @param listen WireGuard's own port W: hidden from outside while spliced. The same as before, unless nothing was.
 * @returns '' when nothing changes.
 */
export function spliceRules(link: string, listen: number, splice: Splice, before: Splice): string {
  const lines = [
    ...(splice.send === before.send ? [] : [...flushChains(link), ...chainRules(link, listen, splice.send)]),
    ...changedElements(`inet ${link} splice_ports`, splice.ports, before.ports),
    ...changedElements(`inet ${link} splice_from4`, splice.routes4, before.routes4),
    ...changedElements(`inet ${link} splice_from6`, splice.routes6, before.routes6),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function chainRules(link: string, listen: number, send: number): readonly string[] {
  const inbound = `add rule inet ${link} splice_in`;
  const outbound = `add rule inet ${link} splice_out`;
  return [
    `${inbound} ip daddr != 127.0.0.0/8 udp dport ${listen} drop`,
    `${inbound} ip6 daddr != ::1 udp dport ${listen} drop`,
    `${inbound} udp dport @splice_ports @th,64,32 ${WIREGUARD_TYPES} @th,96,32 != ${STUN_COOKIE} udp dport set ${listen}`,
    // A relay forwarder on this machine talks to WireGuard over loopback, at its own port.
    `${outbound} ip daddr 127.0.0.0/8 return`,
    `${outbound} ip6 daddr ::1 return`,
    // A rewritten packet fits none of the rules behind: its source is no longer W.
    `${outbound} udp sport ${listen} udp sport set ip daddr . udp dport map @splice_from4`,
    `${outbound} udp sport ${listen} udp sport set ip6 daddr . udp dport map @splice_from6`,
    `${outbound} udp sport ${listen} udp sport set ${send}`,
  ];
}

export function unspliceRules(link: string): string {
  const flushSets = [
    `flush set inet ${link} splice_ports`,
    `flush map inet ${link} splice_from4`,
    `flush map inet ${link} splice_from6`,
  ];
  return `${[...flushChains(link), ...flushSets].join('\n')}\n`;
}

function flushChains(link: string): readonly string[] {
  return [`flush chain inet ${link} splice_in`, `flush chain inet ${link} splice_out`];
}

/** A changed route is taken out and put in again: an element can not be overwritten. */
function changedElements(set: string, wanted: ReadonlySet<string>, before: ReadonlySet<string>): readonly string[] {
  const gone = [...before].filter((element) => !wanted.has(element));
  const fresh = [...wanted].filter((element) => !before.has(element));
  return [
    ...(gone.length > 0 ? [`delete element ${set} { ${gone.join(', ')} }`] : []),
    ...(fresh.length > 0 ? [`add element ${set} { ${fresh.join(', ')} }`] : []),
  ];
}
