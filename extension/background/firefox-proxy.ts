/**
 * Firefox: SOCKS5 with credentials per request, over a dead manual proxy in `proxy.settings`. The
 * floor keeps what no listener answers from going direct, and stops the HTTPS-record query that every
 * proxied http:// navigation otherwise sends to the system's resolver (measured).
 */
import { browser } from '../browser.ts';
import { planExits } from '../routing/exits.ts';
import { answerRequest, FIREFOX_FLOOR, type FirefoxAnswer, type FirefoxRoutes } from '../routing/firefox.ts';
import type { Desired, ProxyControl } from './applier.ts';
import { clearPrivacy, setPrivacy } from './privacy.ts';

/** Registered at top level, so that a sleeping background is woken; `ready` holds requests until the rules are read. */
export function listenFirefox(ready: Promise<void>, wanted: () => boolean, desired: () => Desired): void {
  let routes: { of: Desired; routes: FirefoxRoutes } | null = null;
  const answer = async (request: { url: string }): Promise<unknown> => {
    try {
      await ready;
      // "direct" here means: as the browser is set up. Only an explicit null would overrule the user's own proxy.
      if (!wanted()) return { type: 'direct' };
      const now = desired();
      if (routes?.of !== now) {
        routes = { of: now, routes: { table: now.table, plan: planExits(now.table), exits: live(now) } };
      }
      return answerRequest(routes.routes, request.url);
    } catch {
      return answerRequest(null, request.url) satisfies FirefoxAnswer;
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
