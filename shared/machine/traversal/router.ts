/** Which machine of a shared socket a STUN packet belongs to. It reads no more than that: its owner does. */
import { toHex } from '../../base/bytes.ts';
import type { Ms } from '../../base/units.ts';
import { addresseeOf, isRequest } from '../../wire/stun/addressee.ts';
import type { StunRouter } from './api.ts';

const REMEMBER: Ms = 15_000;
const MAX_TRANSACTIONS = 65_536;

export function createStunRouter<Owner>(): StunRouter<Owner> {
  const byFragment = new Map<string, Owner>();
  const byTransaction = new Map<string, { readonly owner: Owner; readonly until: Ms }>();

  function forgetOld(now: Ms): void {
    // Insertion order is time order: the old ones stand first.
    for (const [id, { until }] of byTransaction) {
      if (until > now && byTransaction.size < MAX_TRANSACTIONS) return;
      byTransaction.delete(id);
    }
  }

  return {
    add(owner, localFragment) {
      if (localFragment !== null) byFragment.set(localFragment, owner);
    },
    remove(owner) {
      for (const [fragment, who] of byFragment) if (who === owner) byFragment.delete(fragment);
      for (const [id, entry] of byTransaction) if (entry.owner === owner) byTransaction.delete(id);
    },
    sent(owner, packet, now) {
      if (!isRequest(packet)) return;
      forgetOld(now);
      const id = toHex(packet.subarray(8, 20));
      byTransaction.delete(id);
      byTransaction.set(id, { owner, until: now + REMEMBER });
    },
    route(packet, now) {
      const addressee = addresseeOf(packet);
      if (!addressee) return null;
      if (addressee.to === 'fragment') return byFragment.get(addressee.fragment) ?? null;
      const entry = byTransaction.get(toHex(addressee.transactionId));
      return entry && entry.until > now ? entry.owner : null;
    },
  };
}
