/**
 * Firefox: SOCKS5 with credentials per request, over a dead manual proxy in `proxy.settings`. The
 * floor keeps what no listener answers from going direct, and stops the HTTPS-record query that every
 * proxied http:// navigation otherwise sends to the system's resolver (measured).
 */
import { browser } from '../browser.ts';
import { type ExitPlan, planExits } from '../routing/exits.ts';
import {
  answerRequest,
  FIREFOX_FLOOR,
  type FirefoxAnswer,
  type FirefoxRequest,
  type FirefoxRoutes,
} from '../routing/firefox.ts';
import { createMatcher, type Matcher } from '../routing/matcher.ts';
import type { RouteTable } from '../routing/rules.ts';
import type { Desired, ProxyControl } from './applier.ts';
import { clearPrivacy, setPrivacy } from './privacy.ts';

/** Registered at top level, so that a sleeping background is woken; `ready` holds requests until the rules are read. */
export function listenFirefox(ready: Promise<void>, wanted: () => boolean, desired: () => Desired): void {
  let ruled: { of: RouteTable; matcher: Matcher; plan: ExitPlan } | null = null;
  let routes: { of: Desired; routes: FirefoxRoutes } | null = null;
  const answer = async (request: FirefoxRequest): Promise<unknown> => {
    try {
      await ready;
      // "direct" here means: as the browser is set up. Only an explicit null would overrule the user's own proxy.
      if (!wanted()) return { type: 'direct' };
      const now = desired();
      if (routes?.of !== now) {
        if (ruled?.of !== now.table)
          ruled = { of: now.table, matcher: createMatcher(now.table), plan: planExits(now.table) };
        routes = { of: now, routes: { matcher: ruled.matcher, plan: ruled.plan, exits: live(now) } };
      }
      return answerRequest(routes.routes, request);
    } catch {
      return answerRequest(null, request) satisfies FirefoxAnswer;
    }
  };
  browser.proxy.onRequest.addListener(answer as Parameters<typeof browser.proxy.onRequest.addListener>[0], {
    urls: ['<all_urls>'],
  });
}

export function firefoxProxy(): ProxyControl {
  return {
    async set() {
      // Fails without "Run in Private Windows": routes still work then, and we say that the floor is missing.
      await browser.proxy.settings.set({ value: FIREFOX_FLOOR }).catch(() => {});
      await setPrivacy();
    },
    async clear() {
      await browser.proxy.settings.clear({}).catch(() => {});
      await clearPrivacy();
    },
    async owner() {
      const { levelOfControl } = await browser.proxy.settings.get({});
      if (levelOfControl === 'controlled_by_this_extension') return 'us';
      return levelOfControl === 'controlled_by_other_extensions' ? 'other' : 'nobody';
    },
  };
}

function live(desired: Desired): FirefoxRoutes['exits'] {
  return desired.exits.map(({ exitId, phase, proxy }) => ({ exitId, proxy: phase === 'up' ? proxy : null }));
}
