/** The amounts signed, in memory. `full`: as on a tmpfs without room. */
import type { SignedAmounts } from '../../native-host/signed-amounts.ts';
import type { Hex } from '../../shared/base/bytes.ts';
import { WarrenError } from '../../shared/base/errors.ts';
import type { Wei } from '../../shared/base/units.ts';

export function signedInMemory(options: { readonly full?: boolean } = {}): SignedAmounts {
  const amounts = new Map<Hex, Wei>();
  return {
    find: (channel) => amounts.get(channel) ?? 0n,
    save(channel, cumulative) {
      if (options.full) throw new WarrenError('internal', 'The journal could not be written.', 'Make room.');
      if (cumulative > (amounts.get(channel) ?? 0n)) amounts.set(channel, cumulative);
    },
    forget: (channel) => void amounts.delete(channel),
    close: () => {},
  };
}
