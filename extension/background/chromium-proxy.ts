/** Chromium: a mandatory PAC, WebRTC without UDP outside the proxy, no prediction. */
import { browser, setPac } from '../browser.ts';
import { blockAllPac, compilePac } from '../routing/pac.ts';
import type { Desired, ProxyControl } from './applier.ts';
import { clearPrivacy, setPrivacy } from './privacy.ts';

export function chromiumProxy(): ProxyControl {
  let last: string | null = null;
  return {
    async set(desired) {
      const text = pacFor(desired);
      // Written at least once in every life of the background: the PAC outlives the ports that it names.
      if (text === last) return;
      await setPac(text);
      await setPrivacy();
      // Last: were one of them to fail, the next attempt must not take both for done.
      last = text;
    },
    async clear() {
      last = null;
      await browser.proxy.settings.clear({});
      await clearPrivacy();
    },
    async owner() {
      const { levelOfControl } = await browser.proxy.settings.get({});
      return levelOfControl === 'controlled_by_this_extension' ? 'us' : 'other';
    },
  };
}

export function pacFor(desired: Desired): string {
  const live = new Map<string, number>();
  for (const exit of desired.exits) {
    if (exit.proxy !== null && exit.phase === 'up') live.set(exit.exitId, exit.proxy.port);
  }
  try {
    return compilePac(desired.table, live);
  } catch (thrown) {
    console.error('the rules could not be compiled; everything is blocked', thrown);
    return blockAllPac();
  }
}
