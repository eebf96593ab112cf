/** The ledger as readers see it (`LedgerReader` of shared/effects.ts): one verb a file, gathered here. */

import type { LedgerReader, Unsubscribe } from '../../effects.ts';
import type { NetworkProfile } from '../../wire/network.ts';
import { bornAt, resolveDid } from '../did/resolve.ts';
import { broadcast } from './broadcast.ts';
import { openChain } from './chain.ts';
import { readAccount } from './read-account.ts';
import { readChannel } from './read-channel.ts';
import { readHistory } from './read-history.ts';
import { readReceipt } from './read-receipt.ts';
import { watchCloses } from './watch-closes.ts';

const POLL_MS = 2_000;

/** `close` stops every watcher; questions under way still answer. Opens no connection before the first question. */
export function createLedgerReader(
  profile: NetworkProfile,
  options: { readonly pollMs?: number } = {},
): LedgerReader & { close(): void } {
  const chain = openChain(profile);
  const watchers = new Set<Unsubscribe>();
  return {
    resolve: (did) => resolveDid(chain, did),
    bornAt: (did) => bornAt(chain, did),
    channel: (parties) => readChannel(chain, parties),
    account: (account) => readAccount(chain, account),
    broadcast: (raw) => broadcast(chain, raw),
    receipt: (hash) => readReceipt(chain, hash),
    history: (account, from, channels) => readHistory(chain, account, from, channels),
    onCloseRequested(payee, handler) {
      const stop = watchCloses(chain, payee, options.pollMs ?? POLL_MS, handler);
      watchers.add(stop);
      return () => {
        watchers.delete(stop);
        stop();
      };
    },
    close() {
      for (const stop of watchers) stop();
      watchers.clear();
    },
  };
}
