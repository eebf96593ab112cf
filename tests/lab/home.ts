/** What a home of the lab is: a router, a host behind it, perhaps a neighbour; types and addresses only. */
import type { NatName, Wiring } from './nat-kinds.ts';

export interface HomeOptions {
  /** At most five letters: it is part of interface names. */
  readonly name: string;
  readonly wan: string;
  /** Third octet of 192.168.x.0/24, and the home's part of its IPv6 prefix. */
  readonly lan: number;
  readonly nat: NatName;
  readonly neighbour?: boolean;
  /** IPv6 beside IPv4, behind a stateful firewall (RFC 6092) and without translation. */
  readonly ipv6?: boolean;
  /** The first three groups of its IPv6 prefix, by which its country is told; a German one by default. */
  readonly prefix6?: string;
}

export interface Home extends HomeOptions {
  readonly router: string;
  /** The carrier's NAT, where the home's kind has one; made when it is first needed. */
  readonly carrier: string;
  readonly host: string;
  readonly neighbourNamespace: string | null;
  readonly hostAddress: string;
  readonly neighbourAddress: string;
  readonly hostAddress6: string;
  readonly neighbourAddress6: string;
  readonly wan6: string;
  /** How the wires lie now; `setNat` changes it. */
  readonly wiring: { -readonly [K in keyof Wiring]: Wiring[K] };
}

/** An address of 192.168.x.0/24: 1 is the router, 2 the host, 50 the neighbour. */
export const lanAddress = (lan: number, last: number): string => `192.168.${lan}.${last}`;
/** Its twin in the home's public /64. */
export const lanAddress6 = (
  { lan, prefix6 = '2003:e1:0' }: Pick<HomeOptions, 'lan' | 'prefix6'>,
  last: number,
): string => `${prefix6}:${lan}::${last}`;
export const wanAddress6 = (lan: number): string => `2003:e1:ffff::${lan}`;

/** The neighbour's own public address, where hosts have such. */
export function neighbourWan({ wan }: Pick<Home, 'wan'>): string {
  const at = wan.lastIndexOf('.') + 1;
  return `${wan.slice(0, at)}${Number(wan.slice(at)) + 1}`;
}
