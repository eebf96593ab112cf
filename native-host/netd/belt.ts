/**
 * The leak belt: a packet that bears the address of a tunnel leaves through that tunnel's link or not at
 * all, whatever happens to rules, routes and links. Without it a lost `ip rule` leaks user traffic.
 *
 * It holds exact addresses, not the whole of 100.64.0.0/10 (Tailscale and carriers live there), keeps
 * them for an hour after the tunnel's end, and stays in force when netd dies.
 */
import { BELT_TABLE } from './marks.ts';
import type { Nft } from './nft.ts';

const HELD_AFTER = '1h';

const TABLE = `table inet ${BELT_TABLE} {
  set held4 { type ipv4_addr; flags timeout; }
  set held6 { type ipv6_addr; flags timeout; }
  set live4 { type ipv4_addr . ifname; }
  set live6 { type ipv6_addr . ifname; }
  chain belt {
    type filter hook postrouting priority 0; policy accept;
    oifname "lo" accept
    ip saddr . oifname @live4 accept
    ip6 saddr . oifname @live6 accept
    ip saddr @held4 counter drop
    ip6 saddr @held6 counter drop
  }
}
`;

export interface Buckled {
  readonly link: string;
  readonly address4: string;
  readonly address6: string;
}

export class Belt {
  readonly #nft: Nft;

  constructor(nft: Nft) {
    this.#nft = nft;
  }

  /** Lays the belt down afresh, holding for an hour what a killed predecessor had live. */
  async install(): Promise<void> {
    const held = await this.#held();
    const lines = [`table inet ${BELT_TABLE}`, `delete table inet ${BELT_TABLE}`, TABLE];
    for (const [set, address] of held)
      lines.push(`add element inet ${BELT_TABLE} ${set} { ${address} timeout ${HELD_AFTER} }`);
    await this.#nft.apply(`${lines.join('\n')}\n`);
  }

  /** Rules for before the tunnel has its address: no packet of it may ever leave elsewhere. */
  fasten({ link, address4, address6 }: Buckled): string {
    return [
      ...replaced('held4', address4, ''),
      ...replaced('held6', address6, ''),
      `add element inet ${BELT_TABLE} live4 { ${address4} . "${link}" }`,
      `add element inet ${BELT_TABLE} live6 { ${address6} . "${link}" }`,
      '',
    ].join('\n');
  }

  /** Rules for the tunnel's end: no link may carry the addresses now; they are forgotten in an hour. */
  release({ link, address4, address6 }: Buckled): string {
    return [
      `delete element inet ${BELT_TABLE} live4 { ${address4} . "${link}" }`,
      `delete element inet ${BELT_TABLE} live6 { ${address6} . "${link}" }`,
      ...replaced('held4', address4, ` timeout ${HELD_AFTER}`),
      ...replaced('held6', address6, ` timeout ${HELD_AFTER}`),
      '',
    ].join('\n');
  }

  async #held(): Promise<readonly (readonly [string, string])[]> {
    const found: (readonly [string, string])[] = [];
    for (const set of ['held4', 'held6'] as const)
      for (const item of await this.#nft.list('set', 'inet', BELT_TABLE, set).catch(() => []))
        for (const address of elementsOf(item)) found.push([set, address]);
    return found;
  }
}

/** An element's timeout can not be changed in place: added (it may be there), deleted, added anew. */
function replaced(set: string, address: string, timeout: string): readonly string[] {
  const element = `inet ${BELT_TABLE} ${set}`;
  return [
    `add element ${element} { ${address} }`,
    `delete element ${element} { ${address} }`,
    `add element ${element} { ${address}${timeout} }`,
  ];
}

/** nft's JSON: a bare value, or `{elem: {val, timeout, expires}}` once there is a timeout. */
function elementsOf(item: unknown): readonly string[] {
  const set = field(item, 'set');
  const elements = field(set, 'elem');
  if (!Array.isArray(elements)) return [];
  return elements
    .map((element: unknown) => (typeof element === 'string' ? element : field(field(element, 'elem'), 'val')))
    .filter((value): value is string => typeof value === 'string');
}

function field(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null ? (of as Record<string, unknown>)[name] : undefined;
}
