/**
 * After a wallet transaction went out: asks for its receipt until it is mined, first quickly, then less
 * often, and says so. Whoever waits for a channel then looks at once instead of at its next turn.
 */
import type { Hex } from '../shared/base/bytes.ts';
import type { Ms } from '../shared/base/units.ts';
import type { LedgerWatch } from './ledger-watch.ts';
import type { World } from './world.ts';

const FIRST: Ms = 80;
const LONGEST: Ms = 1_000;
/** After so long the extension's own question for the receipt is soon enough. */
const PATIENCE: Ms = 60_000;

export function watchReceipt(world: World, ledger: LedgerWatch, hash: Hex, mined: () => void): void {
  const until = world.clock.now() + PATIENCE;
  const look = (delay: Ms): void => {
    world.clock.after(delay, () => {
      ledger
        .ask((chain) => chain.receipt(hash))
        .then(
          ({ status }) => status !== 'pending',
          () => false,
        )
        .then((done) => {
          if (done) mined();
          else if (world.clock.now() < until) look(Math.min(LONGEST, delay * 1.5));
        });
    });
  };
  look(FIRST);
}
