/** What a channel as the chain shows it still needs before a provider will take it. */
import { WarrenError, type WarrenErrorData } from '../../base/errors.ts';
import { type Address, address, larger, type Wei } from '../../base/units.ts';
import type { ChannelOnChain } from '../../effects.ts';
import type { Need } from '../../wire/native.ts';
import type { Proposal } from '../../wire/proposal.ts';

/** What we suggest to deposit: a gigabyte's worth, or the provider's minimum if that is more. */
const SUGGESTED_MEGABYTES = 1_000n;
/** With less than this left a session would stop before it was of use. */
const USEFUL_MEGABYTES = 5n;
/** The contract's own default is a day (HermeChannels: 1 h to 30 d). */
const DEFAULT_GRACE_MINUTES = 1_440;

export type Funding =
  | { readonly type: 'funded' }
  | { readonly type: 'need'; readonly need: Extract<Need, { kind: 'channel' }> }
  | { readonly type: 'refused'; readonly error: WarrenErrorData };

/**
 * @param maxPricePerMB the price that the user agreed to; a node that has raised it since gets nothing from
 * the old deposit before the user has seen the new price and put in more. Null: no price is known.
 */
export function fundingOf(
  channel: ChannelOnChain,
  proposal: Proposal,
  signer: Address,
  maxPricePerMB: Wei | null = null,
): Funding {
  const left = channel.deposit - channel.claimed;
  const closing = channel.closeAt !== 0;
  const useful = proposal.pricePerMB * USEFUL_MEGABYTES;
  if (channel.exists && left > 0n && !closing && channel.graceMinutes < proposal.minGraceMinutes) {
    const error = new WarrenError(
      'channel_grace_short',
      `Your channel gives this node ${channel.graceMinutes} minutes to claim; it asks for ${proposal.minGraceMinutes}.`,
      'Close this channel in the wallet and connect again, or choose another node.',
    );
    return { type: 'refused', error: error.data() };
  }
  const agreed = maxPricePerMB === null || proposal.pricePerMB <= maxPricePerMB;
  if (channel.exists && !closing && agreed && left >= useful && channel.deposit >= proposal.minDeposit)
    return { type: 'funded' };
  return {
    type: 'need',
    need: {
      kind: 'channel',
      payee: address(proposal.payee),
      signer,
      minDeposit: proposal.minDeposit,
      suggestedDeposit: larger(proposal.minDeposit, proposal.pricePerMB * SUGGESTED_MEGABYTES),
      graceMinutes: Math.max(DEFAULT_GRACE_MINUTES, proposal.minGraceMinutes),
      pricePerMB: proposal.pricePerMB,
      action: channel.exists ? 'topUp' : 'open',
    },
  };
}
