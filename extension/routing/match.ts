/** Which route a host takes, and why. Pure: the same table and host always give the same answer. */
import { globMatches, isLocal, normaliseHost, underDomain } from './hosts.ts';
import type { Action, Match, RouteTable, Rule } from './rules.ts';

export type Decision =
  | { readonly why: 'rule'; readonly rule: Rule; readonly action: Action }
  | { readonly why: 'local'; readonly rule: null; readonly action: Action }
  | { readonly why: 'otherwise'; readonly rule: null; readonly action: Action };

/** @param host as in a URL; case, brackets and a trailing dot do not matter. */
export function decide(table: RouteTable, host: string): Decision {
  const name = normaliseHost(host);
  for (const rule of table.rules) {
    if (rule.enabled && matches(rule.match, name)) return { why: 'rule', rule, action: rule.action };
  }
  if (table.localDirect && isLocal(name)) return { why: 'local', rule: null, action: { kind: 'direct' } };
  return { why: 'otherwise', rule: null, action: table.otherwise };
}

/** `host` must already be normalised. */
export function matches(match: Match, host: string): boolean {
  switch (match.kind) {
    case 'domain':
      return underDomain(host, match.text);
    case 'host':
      return host === match.text;
    case 'wildcard':
      return globMatches(match.text, host);
    case 'regex':
      return new RegExp(match.text, 'i').test(host);
  }
}
