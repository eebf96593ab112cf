/**
 * How netd recognises its own things after a predecessor was killed: it removes what carries one of
 * these marks inside its own network namespace, and nothing else.
 */
import { randomBytes, randomInt } from 'node:crypto';

/** Links and the nft table of a tunnel: `wrn` + 8 hex digits (11 of the 15 characters of IFNAMSIZ). */
export const TUNNEL_NAME = /^wrn[0-9a-f]{6,12}$/;

/** rtnetlink "protocol" of our rules and routes; unassigned in /etc/iproute2/rt_protos. */
export const ROUTE_PROTOCOL = 119;

/** Our routing tables are 0x57520000 ("WR") to 0x5752ffff: far from what people number by hand. */
const TABLE_BASE = 0x57520000;
const TABLE_COUNT = 0x10000;

/** Before the main table (32766) and before the rules of other VPN programs (Tailscale: 5210 and up). */
export const RULE_PRIORITY = 1000;

/** The leak belt outlives every tunnel by an hour, so it is no part of a tunnel's own table. */
export const BELT_TABLE = 'warren_belt';

export function freshTunnelName(): string {
  return `wrn${randomBytes(4).toString('hex')}`;
}

export function freshTable(taken: ReadonlySet<number>): number {
  for (;;) {
    const table = TABLE_BASE + randomInt(TABLE_COUNT);
    if (!taken.has(table)) return table;
  }
}

export function isOurTable(table: number): boolean {
  return table >= TABLE_BASE && table < TABLE_BASE + TABLE_COUNT;
}
