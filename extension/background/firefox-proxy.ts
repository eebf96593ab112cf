/**
 * Firefox: SOCKS5 with credentials per request, over a dead manual proxy in `proxy.settings`. The
 * floor keeps what no listener answers from going direct, and stops the HTTPS-record query that every
 * proxied http:// navigation otherwise sends to the system's resolver (measured).
 */
import { browser } from '../browser.ts';
import { clearPrivacy, privacyHolds, setPrivacy } from '../privacy.ts';
import { type ExitPlan, planExits } from '../routing/exits.ts';
import {
  answerRequest,
  type Carrier,
  carriedAsAnswered,
  FIREFOX_FLOOR,
  type FirefoxAnswer,
  type FirefoxRequest,
  type FirefoxRoutes,
} from '../routing/firefox.ts';
import { createMatcher, type Matcher } from '../routing/matcher.ts';
import type { RouteTable } from '../routing/rules.ts';
import type { Desired, ProxyControl } from './applier.ts';

/** Requests between the answer and their way out: more than a browser has under way at once. */
const MAX_ANSWERED = 2_000;

export interface FirefoxRouting {
  /** Holds requests until the rules are read. */
  readonly ready: Promise<void>;
  wanted(): boolean;
  desired(): Desired;
  /** A routed request leaves as was answered, or another extension had the last word and it was stopped. */
  left(asAnswered: boolean): void;
}

/** Registered at top level, so that a sleeping background is woken. */
export function listenFirefox(routing: FirefoxRouting): void {
  let ruled: { of: RouteTable; matcher: Matcher; plan: ExitPlan } | null = null;
  let routes: { of: Desired; routes: FirefoxRoutes } | null = null;
  const answered = new Map<string, FirefoxAnswer>();
  const decide = (request: FirefoxRequest): FirefoxAnswer => {
    const now = routing.desired();
    if (routes?.of !== now) {
      if (ruled?.of !== now.table)
        ruled = { of: now.table, matcher: createMatcher(now.table), plan: planExits(now.table) };
      const { matcher, plan } = ruled;
      routes = { of: now, routes: { matcher, plan, exits: live(now), passes: now.passes } };
    }
    return answerRequest(routes.routes, request);
  };
  const answer = async (request: FirefoxRequest & { readonly requestId: string }): Promise<unknown> => {
    try {
      await routing.ready;
      // "direct" here means: as the browser is set up. Only an explicit null would overrule the user's own proxy.
      if (!routing.wanted()) return { type: 'direct' };
      const given = decide(request);
      const [oldest] = answered.keys();
      if (answered.size >= MAX_ANSWERED && oldest !== undefined) answered.delete(oldest);
      answered.set(request.requestId, given);
      return given;
    } catch {
      return answerRequest(null, request) satisfies FirefoxAnswer;
    }
  };
  const guard = async (request: Outgoing): Promise<{ cancel?: boolean }> => {
    try {
      await routing.ready;
      if (!routing.wanted()) return {};
      // Not asked before: the background was away when this one began.
      const given = answered.get(request.requestId) ?? decide(request);
      answered.delete(request.requestId);
      const asAnswered = carriedAsAnswered(given, request.proxyInfo, request.url);
      if (given !== null) routing.left(asAnswered);
      return asAnswered ? {} : { cancel: true };
    } catch {
      return { cancel: true };
    }
  };
  const all = { urls: ['<all_urls>'] };
  browser.proxy.onRequest.addListener(answer as Parameters<typeof browser.proxy.onRequest.addListener>[0], all);
  browser.webRequest.onBeforeSendHeaders.addListener(guard as Guard, all, ['blocking']);
}

type Outgoing = FirefoxRequest & { readonly requestId: string; readonly proxyInfo?: Carrier | null };
type Guard = Parameters<typeof browser.webRequest.onBeforeSendHeaders.addListener>[0];

export interface FirefoxControl extends ProxyControl {
  /** Takes note of how a routed request left; true: the owner of the routes has changed with it. */
  note(asAnswered: boolean): boolean;
}

export function firefoxProxy(): FirefoxControl {
  let rival = false;
  return {
    async set() {
      // Fails without "Run in Private Windows": routes still work then, and we say that the floor is missing.
      await browser.proxy.settings.set({ value: FIREFOX_FLOOR }).catch(() => {});
      await setPrivacy();
    },
    async clear() {
      rival = false;
      await browser.proxy.settings.clear({}).catch(() => {});
      await clearPrivacy();
    },
    async owner() {
      const { levelOfControl } = await browser.proxy.settings.get({});
      if (rival || levelOfControl === 'controlled_by_other_extensions') return 'other';
      if (!(await privacyHolds())) return 'exposed';
      return levelOfControl === 'controlled_by_this_extension' ? 'us' : 'nobody';
    },
    retry() {
      rival = false;
    },
    note(asAnswered) {
      const changed = rival === asAnswered;
      rival = !asAnswered;
      return changed;
    },
  };
}

function live(desired: Desired): FirefoxRoutes['exits'] {
  return desired.exits.map(({ exitId, phase, proxy }) => ({ exitId, proxy: phase === 'up' ? proxy : null }));
}
