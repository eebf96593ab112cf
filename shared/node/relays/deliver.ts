/** Hands one signal to every relay, and says whether it can have reached anybody. */
import type { Clock, Unsubscribe } from '../../effects.ts';
import type { NostrEvent } from '../../wire/nostr.ts';
import type { RelayPool } from './pool.ts';

/** When one relay says that nobody listens, the others have so long to say otherwise: one may be gone. */
const OTHERS_WITHIN_MS = 1_000;

/** False when a relay said that nobody listens, and no other took it. */
export function deliver(pool: RelayPool, clock: Clock, event: NostrEvent): Promise<boolean> {
  const receipts = pool.publish(event);
  return new Promise((resolve) => {
    let outstanding = receipts.length;
    let refused = false;
    let settled = false;
    let cancel: Unsubscribe = () => {};
    const settle = (reached: boolean) => {
      settled = true;
      cancel();
      resolve(reached);
    };
    for (const receipt of receipts) {
      void receipt.then(({ accepted, reason }) => {
        outstanding--;
        if (settled) return;
        const first = !refused && reason.startsWith('unreachable:');
        refused ||= first;
        if (accepted || outstanding === 0) settle(accepted || !refused);
        else if (first) cancel = clock.after(OTHERS_WITHIN_MS, () => settle(false));
      });
    }
  });
}
