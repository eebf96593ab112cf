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
import { Ready } from './ready.ts';

/** One better than the worst: ip(8) takes an IPv6 route of the very worst for the kernel's own, and never flushes it. */
const WORST_METRIC = 4294967294;
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
  readonly #lines: Ready;
  readonly #question: Ready;
  readonly #families: readonly Family[];

  constructor(ip: string) {
    this.#ip = ip;
    this.#lines = new Ready(ip, '-batch', '-');
    this.#question = new Ready(ip, '-json', '-batch', '-');
    this.#families = existsSync('/proc/net/if_inet6') ? ['-4', '-6'] : ['-4'];
  }

  /** What a small change waits for. */
  get ready(): readonly Ready[] {
    return [this.#lines, this.#question];
  }

  /** @returns what `ip -json route get` writes for this address. */
  towards(address: string): Promise<string> {
    return this.#question.run(`route get ${address}\n`);
  }

  /** First of all, before the link has an address: the table that leads nowhere, and the rule into it. */
  async closeClient({ table, address4, address6 }: LinkAddresses): Promise<void> {
    const source = { '-4': address4, '-6': address6 };
    await this.#perFamily((family) => [
      `route add unreachable default metric ${WORST_METRIC} table ${table} proto ${P}`,
      `rule add priority ${RULE_PRIORITY} from ${source[family]} lookup ${table} protocol ${P}`,
    ]);
  }

  async openProvider({ table }: LinkAddresses): Promise<void> {
    await this.#perFamily(() => [`rule add priority ${RULE_PRIORITY} lookup ${table} protocol ${P}`]);
  }

  /** Gives the link its addresses and brings it up; a client's table then leads through it. */
  async up({ link, table, address4, address6, mtu }: LinkAddresses, role: 'client' | 'provider'): Promise<void> {
    const with6 = this.#families.includes('-6');
    if (with6) writeFileSync(`/proc/sys/net/ipv6/conf/${link}/disable_ipv6`, '0');
    const lines = [`link set dev ${link} mtu ${mtu}`, `address add ${address4}/32 dev ${link}`];
    // No link-local address: a WireGuard link has no neighbours to tell about it.
    if (with6) lines.push(`link set dev ${link} addrgenmode none`, `address add ${address6}/128 dev ${link} nodad`);
    lines.push(`link set dev ${link} up`);
    if (role === 'client') lines.push(`route add 0.0.0.0/0 dev ${link} table ${table} proto ${P}`);
    if (role === 'client' && with6) lines.push(`route add ::/0 dev ${link} table ${table} proto ${P}`);
    await this.#batch(lines);
  }

  /** Again with another `mtu`: the route is changed. */
  async addPeer({ link, table }: LinkAddresses, address4: string, address6: string, mtu: number): Promise<void> {
    const hosts = this.#hosts(address4, address6);
    await this.#batch(hosts.map((host) => `route replace ${host} dev ${link} mtu ${mtu} table ${table} proto ${P}`));
  }

  async setMtu(link: string, mtu: number): Promise<void> {
    await this.#batch([`link set dev ${link} mtu ${mtu}`]);
  }

  async removePeer({ link, table }: LinkAddresses, address4: string, address6: string): Promise<void> {
    const hosts = this.#hosts(address4, address6);
    await this.#batch(hosts.map((host) => `route del ${host} dev ${link} table ${table} proto ${P}`));
  }

  /** Removes rules and routes of the table; fine when some of it is gone. */
  async remove(table: number): Promise<void> {
    const remove = async (family: Family): Promise<void> => {
      await this.#quiet([family, 'rule', 'del', 'priority', String(RULE_PRIORITY), 'lookup', String(table)]);
      await this.#quiet([family, 'route', 'flush', 'table', String(table)]);
    };
    await Promise.all(this.#families.map(remove));
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

  #hosts(address4: string, address6: string): readonly string[] {
    return this.#families.includes('-6') ? [`${address4}/32`, `${address6}/128`] : [`${address4}/32`];
  }

  /** Waits for both, also when one fails: nothing may still be under way when its caller cleans up. */
  async #perFamily(lines: (family: Family) => readonly string[]): Promise<void> {
    const batch = (family: Family) => run(this.#ip, [family, '-batch', '-'], textOf(lines(family)));
    const results = await Promise.allSettled(this.#families.map(batch));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  /** Of lines whose family shows in their addresses, or that have none. */
  async #batch(lines: readonly string[]): Promise<void> {
    await this.#lines.run(textOf(lines));
  }

  async #quiet(args: readonly string[]): Promise<void> {
    await run(this.#ip, args).catch(() => undefined);
  }
}

const textOf = (lines: readonly string[]): string => `${lines.join('\n')}\n`;
