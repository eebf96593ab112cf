/** Chromium: a mandatory PAC, WebRTC without UDP outside the proxy, no prediction. */
import { allowedInPrivate, clearPac, pacInForce, setPac } from '../browser.ts';
import { clearPrivacy, privacyHolds, setPrivacy } from '../privacy.ts';
import { blockAllPac, preparePac } from '../routing/pac.ts';
import type { RouteTable } from '../routing/rules.ts';
import type { Desired, ProxyControl } from './applier.ts';

/** What is written for each kind of window; private ones have a script of their own, since rules may differ there. */
export function chromiumProxy(): ProxyControl {
  let last: string | null = null;
  let wrote: { readonly regular: string; readonly private: string | null } | null = null;
  return {
    async set(desired) {
      const texts = { regular: pacFor(desired, false), private: pacFor(desired, true) };
      // Written at least once in every life of the background: the PAC outlives the ports that it names.
      const both = `${texts.regular}\n${texts.private}`;
      if (both === last) return;
      await setPac(texts.regular, 'regular');
      const inPrivate = await allowedInPrivate();
      if (inPrivate) await setPac(texts.private, 'incognito_persistent');
      wrote = { regular: texts.regular, private: inPrivate ? texts.private : null };
      await setPrivacy();
      // Last: were one of them to fail, the next attempt must not take both for done.
      last = both;
    },
    async clear() {
      last = null;
      wrote = null;
      await clearPac('incognito_persistent').catch(() => {});
      await clearPac('regular');
      await clearPrivacy();
    },
    async owner() {
      // What the browser uses, not what we asked it for.
      if ((await pacInForce(false)) !== wrote?.regular) return 'other';
      if (wrote.private !== null && (await pacInForce(true)) !== wrote.private) return 'other';
      return (await privacyHolds()) ? 'us' : 'exposed';
    },
    retry() {
      last = null;
    },
  };
}

type Prepared = ReturnType<typeof preparePac>;
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
    // Chromium shows our page in regular windows only, so a pass is never for a private one.
    return prepare(desired.table, inPrivate)(live, inPrivate ? [] : desired.passes);
  } catch (thrown) {
    console.error('the rules could not be compiled; everything is blocked', thrown);
    return blockAllPac();
  }
}
