/**
 * The hosts that a routed site loads from elsewhere. Chromium's proxy script never sees the page, so
 * such hosts become part of the site's rule; Firefox knows the page and needs them only when asked to.
 */
import { normaliseHost, parseHost } from './hosts.ts';
import type { Matcher } from './matcher.ts';
import { MAX_ALSO, type RouteTable } from './rules.ts';

/**
 * The rule that `host` should join because `page` loads from it, or null. Only sites that leave through
 * a node take others along by themselves: what goes direct must never grow unasked.
 */
export function ruleToJoin(matcher: Matcher, page: string, host: string, inPrivate: boolean): string | null {
  const name = normaliseHost(host);
  if (parseHost(name) !== name) return null;
  const site = matcher.decide({ host: page, private: inPrivate });
  if (site.why !== 'rule' || site.action.kind === 'direct' || site.action.kind === 'block') return null;
  const own = matcher.decide({ host: name, private: inPrivate });
  if (own.why !== 'otherwise' || (site.rule.also?.length ?? 0) >= MAX_ALSO) return null;
  return site.rule.id;
}

/** Puts hosts into the bundle of one rule; those it has, and those beyond its limit, are left out. */
export function joinRule(table: RouteTable, ruleId: string, hosts: readonly string[]): RouteTable {
  const rules = table.rules.map((rule) => {
    if (rule.id !== ruleId) return rule;
    const also = [...new Set([...(rule.also ?? []), ...hosts.map(normaliseHost)])].slice(0, MAX_ALSO);
    return { ...rule, also };
  });
  return { ...table, rules };
}
