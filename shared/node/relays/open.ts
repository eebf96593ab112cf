/** Puts the two halves of rendezvous on one pool of relay sockets. */
import { WarrenError } from '../../base/errors.ts';
import { loadNostr } from '../nostr.ts';
import type { Rendezvous, RendezvousOptions } from './api.ts';
import { createDirectory } from './directory.ts';
import { RelayPool } from './pool.ts';
import { createSignal } from './signal.ts';

export function openRendezvous({ relays, clock, secretKey }: RendezvousOptions): Rendezvous {
  const pool = new RelayPool(relays, clock);
  const shared = { pool, clock, nostr: loadNostr(), secretKey: secretKey ?? null };
  const directory = createDirectory(shared);
  const signal = createSignal(shared);
  return {
    directory,
    signal,
    ready: (timeout) =>
      new Promise((resolve, reject) => {
        if (pool.open > 0) return resolve();
        const unwatch = pool.watch(() => {
          if (pool.open > 0) settle(resolve);
        });
        const cancel = clock.after(timeout, () => settle(() => reject(unreachable())));
        function settle(run: () => void): void {
          unwatch();
          cancel();
          run();
        }
      }),
    onStatus(handler) {
      let last = pool.status;
      return pool.watch(() => {
        if (pool.status === last) return;
        last = pool.status;
        handler(last);
      });
    },
    check: () => pool.check(),
    renew: () => pool.renew(),
    async close() {
      await Promise.all([directory.close(), signal.close()]);
      await pool.close();
    },
  };
}

function unreachable(): WarrenError {
  return new WarrenError(
    'relay_unreachable',
    'No relay could be reached.',
    'Check the internet connection, then try again.',
  );
}
