/**
 * Which route a request takes, and why. Pure: the same table and request always give the same answer.
 * This is the reference, read from top to bottom as the user reads the list; `matcher.ts` and the text
 * that `pac.ts` writes are quicker and must agree with it (tests hold them together).
 */
import { globMatches, isLocal, MAX_URL, normaliseHost, underDomain } from './hosts.ts';
import { type Action, activeRules, type Match, type RouteTable, type Rule, type Scope } from './rules.ts';

export interface RouteRequest {
  /** As in a URL; case, brackets and a trailing dot do not matter. */
  readonly host: string;
  /** The whole address, where the browser shows it. */
  readonly url?: string;
  /** Host of the page on whose behalf it is loaded; absent for the page itself, and where the browser does not say. */
  readonly site?: string;
  readonly private?: boolean;
  /** Firefox's `cookieStoreId`. */
  readonly container?: string;
}

export type Decision =
  /** `rule`: one names it. `also`: it belongs to a site that one names. `site`: it is loaded by a page that one names. */
  | { readonly why: 'rule' | 'also' | 'site'; readonly rule: Rule; readonly action: Action }
  | { readonly why: 'local' | 'otherwise'; readonly rule: null; readonly action: Action };

/**
 * 1 a rule that names the host, so that a site's own route holds wherever it is embedded;
 * 2 local addresses, if the user wants them direct;
 * 3 a host that a rule takes along; 4 the route of the page; 5 everything else.
 */
export function decide(table: RouteTable, request: RouteRequest): Decision {
  const rules = activeRules(table).filter((rule) => inScope(rule.scope, request));
  const host = normaliseHost(request.host);
  const url = request.url?.slice(0, MAX_URL);
  const named = rules.find((rule) => matches(rule.match, host, url));
  if (named) return { why: 'rule', rule: named, action: named.action };
  if (table.localDirect && isLocal(host)) return { why: 'local', rule: null, action: { kind: 'direct' } };
  const taken = rules.find((rule) => rule.also?.some((name) => underDomain(host, name)));
  if (taken) return { why: 'also', rule: taken, action: taken.action };
  if (table.followSites !== false && request.site !== undefined) {
    const site = normaliseHost(request.site);
    const page = rules.find((rule) => matches(rule.match, site, undefined));
    if (page) return { why: 'site', rule: page, action: page.action };
  }
  return { why: 'otherwise', rule: null, action: table.otherwise };
}

/** `host` must already be normalised. A `url` match without an address to look at matches nothing. */
export function matches(match: Match, host: string, url: string | undefined): boolean {
  switch (match.kind) {
    case 'domain':
      return underDomain(host, match.text);
    case 'host':
      return host === match.text;
    case 'wildcard':
      return globMatches(match.text, host);
    case 'regex':
      return new RegExp(match.text, 'i').test(host);
    case 'url':
      return url !== undefined && new RegExp(match.text, 'i').test(url);
  }
}

export function inScope(scope: Scope | undefined, request: Pick<RouteRequest, 'private' | 'container'>): boolean {
  if (scope === undefined) return true;
  if (scope.kind === 'container') return request.container === scope.id;
  return (scope.kind === 'private') === (request.private === true);
}
