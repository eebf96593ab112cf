/**
 * The rules of one table made ready for many questions: names are looked up, not searched, so ten
 * thousand rules cost a request a few microseconds. Answers as `match.ts` does.
 */
import { globMatches, isLocal, labelOf, MAX_URL, normaliseHost } from './hosts.ts';
import { type Decision, inScope, type RouteRequest } from './match.ts';
import { activeRules, type RouteTable, type Rule } from './rules.ts';

export interface Matcher {
  decide(request: RouteRequest): Decision;
}

/** Rules that no look-up finds: tried one after the other, but for wildcards with a label that a host must have. */
interface Pattern {
  readonly order: number;
  readonly fits: (host: string, url: string | undefined) => boolean;
}

export function createMatcher(table: RouteTable): Matcher {
  const rules = activeRules(table);
  const hosts = new Map<string, number[]>();
  const domains = new Map<string, number[]>();
  const also = new Map<string, number[]>();
  const patterns: Pattern[] = [];
  const labelled = new Map<string, Pattern[]>();
  for (const [order, { match, also: taken = [] }] of rules.entries()) {
    if (match.kind === 'host') note(hosts, match.text, order);
    else if (match.kind === 'domain') note(domains, match.text, order);
    else {
      const label = match.kind === 'wildcard' ? labelOf(match.text) : null;
      const pattern = { order, fits: compile(match.kind, match.text) };
      if (label === null) patterns.push(pattern);
      else note(labelled, label, pattern);
    }
    for (const name of taken) note(also, name, order);
  }

  /** The first rule in scope whose match names this host. */
  function named(host: string, url: string | undefined, request: RouteRequest): Rule | null {
    const usable = (order: number) => inScope((rules[order] as Rule).scope, request);
    let best = first(hosts.get(host), usable);
    for (const name of suffixes(host)) best = Math.min(best, first(domains.get(name), usable));
    best = firstFitting(patterns, best, usable, host, url);
    if (labelled.size > 0) {
      for (const label of host.split('.')) best = firstFitting(labelled.get(label) ?? [], best, usable, host, url);
    }
    return rules[best] ?? null;
  }

  function takenAlong(host: string, request: RouteRequest): Rule | null {
    if (also.size === 0) return null;
    const usable = (order: number) => inScope((rules[order] as Rule).scope, request);
    let best = Number.POSITIVE_INFINITY;
    for (const name of suffixes(host)) best = Math.min(best, first(also.get(name), usable));
    return rules[best] ?? null;
  }

  return {
    decide(request) {
      const host = normaliseHost(request.host);
      const rule = named(host, request.url?.slice(0, MAX_URL), request);
      if (rule) return { why: 'rule', rule, action: rule.action };
      if (table.localDirect && isLocal(host)) return { why: 'local', rule: null, action: { kind: 'direct' } };
      const taken = takenAlong(host, request);
      if (taken) return { why: 'also', rule: taken, action: taken.action };
      if (table.followSites !== false && request.site !== undefined) {
        const page = named(normaliseHost(request.site), undefined, request);
        if (page) return { why: 'site', rule: page, action: page.action };
      }
      return { why: 'otherwise', rule: null, action: table.otherwise };
    },
  };
}

/** `a.b.example` and everything above it: `b.example`, `example`. */
export function* suffixes(host: string): Generator<string> {
  for (let at = 0; at >= 0; at = host.indexOf('.', at) + 1 || -1) yield host.slice(at);
}

function note<T>(index: Map<string, T[]>, name: string, item: T): void {
  const known = index.get(name);
  if (known) known.push(item);
  else index.set(name, [item]);
}

/** The order of the first pattern that fits, or `best` where that comes before it. */
function firstFitting(
  patterns: readonly Pattern[],
  best: number,
  usable: (order: number) => boolean,
  host: string,
  url: string | undefined,
): number {
  for (const { order, fits } of patterns) {
    if (order >= best) return best;
    if (usable(order) && fits(host, url)) return order;
  }
  return best;
}

function first(orders: readonly number[] | undefined, usable: (order: number) => boolean): number {
  return orders?.find(usable) ?? Number.POSITIVE_INFINITY;
}

function compile(kind: 'wildcard' | 'regex' | 'url', text: string): Pattern['fits'] {
  if (kind === 'wildcard') return (host) => globMatches(text, host);
  const expression = new RegExp(text, 'i');
  if (kind === 'regex') return (host) => expression.test(host);
  return (_, url) => url !== undefined && expression.test(url);
}
