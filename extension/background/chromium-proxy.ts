/** Chromium: a mandatory PAC, WebRTC without UDP outside the proxy, no prediction. */
import { allowedInPrivate, browser, clearPac, setPac } from '../browser.ts';
import { blockAllPac, preparePac } from '../routing/pac.ts';
import type { RouteTable } from '../routing/rules.ts';
import type { Desired, ProxyControl } from './applier.ts';
import { clearPrivacy, privacyHolds, setPrivacy } from './privacy.ts';

/** What is written for each kind of window; private ones have a script of their own, since rules may differ there. */
export function chromiumProxy(): ProxyControl {
  let last: string | null = null;
  return {
    async set(desired) {
      const texts = { regular: pacFor(desired, false), private: pacFor(desired, true) };
      // Written at least once in every life of the background: the PAC outlives the ports that it names.
      const both = `${texts.regular}\n${texts.private}`;
      if (both === last) return;
      await setPac(texts.regular, 'regular');
      if (await allowedInPrivate()) await setPac(texts.private, 'incognito_persistent');
      await setPrivacy();
      // Last: were one of them to fail, the next attempt must not take both for done.
      last = both;
    },
    async clear() {
      last = null;
      await clearPac('incognito_persistent').catch(() => {});
      await clearPac('regular');
      await clearPrivacy();
    },
    async owner() {
      const kinds = (await allowedInPrivate()) ? [false, true] : [false];
      const settings = await Promise.all(kinds.map((incognito) => browser.proxy.settings.get({ incognito })));
      const ours = settings.every(({ levelOfControl }) => levelOfControl === 'controlled_by_this_extension');
      return ours && (await privacyHolds()) ? 'us' : 'other';
    },
    retry() {
      last = null;
    },
  };
}

type Prepared = (live: ReadonlyMap<string, number>) => string;
const prepared = new WeakMap<RouteTable, Map<boolean, Prepared>>();

/** The rules are compiled once; a new port costs only the list of answers. */
function prepare(table: RouteTable, inPrivate: boolean): Prepared {
  const known = prepared.get(table) ?? new Map<boolean, Prepared>();
  prepared.set(table, known);
  const ready = known.get(inPrivate) ?? preparePac(table, inPrivate);
  known.set(inPrivate, ready);
  return ready;
}

export function pacFor(desired: Desired, inPrivate: boolean): string {
  const live = new Map<string, number>();
  for (const exit of desired.exits) {
    if (exit.proxy !== null && exit.phase === 'up') live.set(exit.exitId, exit.proxy.port);
  }
  try {
    return prepare(desired.table, inPrivate)(live);
  } catch (thrown) {
    console.error('the rules could not be compiled; everything is blocked', thrown);
    return blockAllPac();
  }
}
