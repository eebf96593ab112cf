/** What the chain says of the node's own account, looked at now and then: gas money, and a cold key's leave. */
import type { Ms, Wei } from '../shared/base/units.ts';
import type { Clock, LedgerReader, Unsubscribe } from '../shared/effects.ts';
import { delegateOf, type Identity } from './identity.ts';

export interface AccountWatch {
  /** Null: not read yet. */
  readonly coin: Wei | null;
  /** Epoch ms; null: the delegate renews itself. */
  readonly authorizedUntil: Ms | null;
  stop(): void;
}

const EVERY_MS: Ms = 600_000;

export function watchAccount(identity: Identity, reader: LedgerReader, clock: Clock): AccountWatch {
  let coin: Wei | null = null;
  let authorizedUntil: Ms | null = null;
  let cancel: Unsubscribe = () => {};

  async function look(): Promise<void> {
    try {
      coin = (await reader.account(identity.sender.account)).coin;
      if (identity.cold) {
        const { delegates } = await reader.resolve(identity.did);
        authorizedUntil = (delegateOf(identity, delegates)?.validTo ?? 0) * 1000;
      }
    } catch {
      // The chain's silence has a line of its own; the figures stay as they were.
    }
  }

  function next(): void {
    cancel = clock.after(EVERY_MS, () => {
      void look();
      next();
    });
  }
  void look();
  next();
  return {
    get coin() {
      return coin;
    },
    get authorizedUntil() {
      return authorizedUntil;
    },
    stop: () => cancel(),
  };
}
