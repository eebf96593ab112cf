/**
 * "Direct once": a site that the user lets out directly for a short time, by their own click on the page that says
 * that it is blocked. A pass is no rule: it is never written to disk, belongs to one tab and ends by itself. Pure.
 */
import { normaliseHost, underDomain } from './hosts.ts';
import type { Decision, RouteRequest } from './match.ts';
import type { Matcher } from './matcher.ts';

export interface Pass {
  /** Covers this host and what is below it. Normalised, without `www.`. */
  readonly host: string;
  /** The tab in which it was asked for; the pass ends with it. */
  readonly tab: number;
  /** Epoch ms. */
  readonly until: number;
}

export const PASS_MS = 10 * 60_000;
export const MAX_PASSES = 8;

/** The host that a pass for this page names. */
export function passHost(host: string): string {
  return normaliseHost(host).replace(/^www\.(?=.*\.)/, '');
}

export function livePasses(passes: readonly Pass[], now: number): readonly Pass[] {
  return passes.every(({ until }) => until > now) ? passes : passes.filter(({ until }) => until > now);
}

/** Puts a pass in front, in the place of an older one for the same site; the oldest go beyond the limit. */
export function withPass(passes: readonly Pass[], pass: Pass): Pass[] {
  return [pass, ...passes.filter(({ host }) => host !== pass.host)].slice(0, MAX_PASSES);
}

export type PassedDecision =
  | Decision
  | { readonly why: 'pass'; readonly rule: null; readonly pass: Pass; readonly action: { readonly kind: 'direct' } };

/**
 * The rules' answer, or the pass's where one holds. What a passed page loads from elsewhere follows it, as it follows
 * any page, unless a rule names it.
 * @param passes those that count for this request: a browser that knows the tab gives only that tab's.
 */
export function decidePassed(
  matcher: Matcher,
  passes: readonly Pass[],
  request: RouteRequest,
  now: number,
): PassedDecision {
  if (passes.length === 0) return matcher.decide(request);
  const own = passOf(passes, request.host, now);
  if (own) return passed(own);
  const decision = matcher.decide(request);
  const page = request.site === undefined || decision.why === 'rule' ? null : passOf(passes, request.site, now);
  return page ? passed(page) : decision;
}

function passOf(passes: readonly Pass[], host: string, now: number): Pass | null {
  const name = normaliseHost(host);
  return passes.find((pass) => pass.until > now && underDomain(name, pass.host)) ?? null;
}

function passed(pass: Pass): PassedDecision {
  return { why: 'pass', rule: null, pass, action: { kind: 'direct' } };
}
