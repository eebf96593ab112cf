/** Rules that end by themselves: with the browser, or at a moment. Pure. */
import type { RouteTable } from './rules.ts';

/** Without what has run out; the same object where nothing has. */
export function withoutExpired(table: RouteTable, now: number): RouteTable {
  return without(table, ({ until }) => typeof until === 'number' && until <= now);
}

/** Without what was meant for the browser session that is over. */
export function withoutSessionRules(table: RouteTable): RouteTable {
  return without(table, ({ until }) => until === 'restart');
}

/** When the next rule runs out, or null. */
export function nextExpiry({ rules }: RouteTable): number | null {
  const ends = rules.flatMap(({ until }) => (typeof until === 'number' ? [until] : []));
  return ends.length > 0 ? ends.reduce((a, b) => Math.min(a, b)) : null;
}

function without(table: RouteTable, over: (rule: RouteTable['rules'][number]) => boolean): RouteTable {
  const rules = table.rules.filter((rule) => !over(rule));
  return rules.length === table.rules.length ? table : { ...table, rules };
}
