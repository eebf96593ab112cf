/**
 * Whether a client's payment channel is good enough to serve: pure, on what the chain says.
 * The order is that of what the client should mend first.
 */
import { WarrenError } from '../shared/base/errors.ts';
import { larger, type Wei } from '../shared/base/units.ts';
import type { ChannelOnChain } from '../shared/effects.ts';

export interface AdmissionRules {
  readonly pricePerMB: Wei;
  /** Shortest notice we accept between the payer's close request and the withdrawal. */
  readonly minGraceMinutes: number;
  /** The highest amount that we hold a proof for, cumulative; it is spent, claimed or not. */
  readonly signed: Wei;
}

/** Null when the channel is fine; else why not, in words for the client. */
export function refusalOf(channel: ChannelOnChain, rules: AdmissionRules): WarrenError | null {
  if (!channel.exists)
    return new WarrenError('channel_missing', 'No payment channel to this node exists.', 'Open one in the wallet.');
  if (channel.closeAt !== 0)
    return new WarrenError(
      'channel_closing',
      'The payment channel to this node is being closed.',
      'Top it up in the wallet, which takes the close back.',
    );
  if (channel.graceMinutes < rules.minGraceMinutes)
    return new WarrenError(
      'channel_grace_short',
      `The channel gives ${channel.graceMinutes} minutes of notice; this node wants ${rules.minGraceMinutes}.`,
      'Open a channel with a longer notice, or choose another node.',
    );
  if (channel.deposit - larger(rules.signed, channel.claimed) < rules.pricePerMB)
    return new WarrenError(
      'channel_unfunded',
      'The deposit in the channel is used up.',
      'Top the channel up in the wallet.',
    );
  return null;
}
