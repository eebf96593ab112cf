/**
 * Policy routes of a tunnel, in a routing table of its own: nothing of the machine's own routes is
 * touched, so any number of tunnels lives beside them.
 *
 * Client: whatever bears the tunnel's address uses the tunnel's table, which begins with an
 * unreachable default of the worst metric; so at no moment is there a way past the tunnel.
 * Provider: its table holds one host route a peer, and falls through for everything else.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { run } from './commands.ts';
import { ROUTE_PROTOCOL as P, RULE_PRIORITY } from './marks.ts';

const WORST_METRIC = 4294967295;
type Family = '-4' | '-6';

export interface LinkAddresses {
  readonly link: string;
  readonly table: number;
  readonly address4: string;
  readonly address6: string;
  readonly mtu: number;
}

export class Routes {
  readonly #ip: string;
  readonly #families: readonly Family[];

  constructor(ip: string) {
    this.#ip = ip;
    this.#families = existsSync('/proc/net/if_inet6') ? ['-4', '-6'] : ['-4'];
  }

  /** First of all, before the link exists: the table that leads nowhere, and the rule into it. */
  async closeClient({ table, address4, address6 }: LinkAddresses): Promise<void> {
    const source = { '-4': address4, '-6': address6 };
    for (const family of this.#families)
      await this.#batch(family, [
        `route add unreachable default metric ${WORST_METRIC} table ${table} proto ${P}`,
        `rule add priority ${RULE_PRIORITY} from ${source[family]} lookup ${table} protocol ${P}`,
      ]);
  }

  async openProvider({ table }: LinkAddresses): Promise<void> {
    for (const family of this.#families)
      await this.#batch(family, [`rule add priority ${RULE_PRIORITY} lookup ${table} protocol ${P}`]);
  }

  /** Gives the link its addresses and brings it up. */
  async up({ link, address4, address6, mtu }: LinkAddresses): Promise<void> {
    if (this.#families.includes('-6')) {
      writeFileSync(`/proc/sys/net/ipv6/conf/${link}/disable_ipv6`, '0');
      // No link-local address: a WireGuard link has no neighbours to tell about it.
      await this.#batch('-6', [
        `link set dev ${link} addrgenmode none`,
        `address add ${address6}/128 dev ${link} nodad`,
      ]);
    }
    await this.#batch('-4', [
      `link set dev ${link} mtu ${mtu}`,
      `address add ${address4}/32 dev ${link}`,
      `link set dev ${link} up`,
    ]);
  }

  async throughTunnel({ link, table }: LinkAddresses): Promise<void> {
    for (const family of this.#families)
      await this.#batch(family, [`route add default dev ${link} table ${table} proto ${P}`]);
  }

  addPeer({ link, table }: LinkAddresses, address4: string, address6: string): Promise<void> {
    return this.#peer((host) => `route replace ${host} dev ${link} table ${table} proto ${P}`, address4, address6);
  }

  removePeer({ link, table }: LinkAddresses, address4: string, address6: string): Promise<void> {
    return this.#peer((host) => `route del ${host} dev ${link} table ${table} proto ${P}`, address4, address6);
  }

  /** Removes rules and routes of the table; fine when some of it is gone. */
  async remove(table: number): Promise<void> {
    for (const family of this.#families) {
      // A client's rule and a provider's rule both end in this table; `rule del` takes one at a time.
      await this.#quiet([family, 'rule', 'del', 'priority', String(RULE_PRIORITY), 'lookup', String(table)]);
      await this.#quiet([family, 'route', 'flush', 'table', String(table)]);
    }
  }

  /** Tables that a rule of ours leads into. */
  async tablesInUse(): Promise<ReadonlySet<number>> {
    const tables = new Set<number>();
    for (const family of this.#families) {
      const rules: unknown = JSON.parse(await run(this.#ip, [family, '-json', 'rule', 'show']));
      if (!Array.isArray(rules)) continue;
      for (const rule of rules as readonly { readonly table?: string; readonly protocol?: string }[])
        if (rule.protocol === String(P)) tables.add(Number(rule.table));
    }
    return tables;
  }

  async #peer(line: (host: string) => string, address4: string, address6: string): Promise<void> {
    const hosts = { '-4': `${address4}/32`, '-6': `${address6}/128` };
    for (const family of this.#families) await this.#batch(family, [line(hosts[family])]);
  }

  async #batch(family: Family, lines: readonly string[]): Promise<void> {
    await run(this.#ip, [family, '-batch', '-'], `${lines.join('\n')}\n`);
  }

  async #quiet(args: readonly string[]): Promise<void> {
    await run(this.#ip, args).catch(() => undefined);
  }
}
