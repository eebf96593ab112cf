/** Where a channel stands, and how long until its money can be taken back. Pure. */
import { larger, smaller, type Wei } from '../../shared/base/units.ts';
import type { ChannelFacts } from './facts.ts';

/**
 * unread: the chain has not been asked yet. opening: no such channel in a settled block yet. open: pays. closing: notice
 * was given, the grace runs. due: the grace is over, the rest can be taken back. settled: nothing is left in it.
 */
export type ChannelState = 'unread' | 'opening' | 'open' | 'closing' | 'due' | 'settled';

/** @param chainSeconds the chain's clock, Unix seconds: the contract knows no other. */
export function channelState(facts: ChannelFacts | undefined, chainSeconds: number): ChannelState {
  if (!facts) return 'unread';
  if (!facts.exists) return 'opening';
  if (facts.deposit <= facts.claimed) return 'settled';
  if (facts.closeAt === 0) return 'open';
  return chainSeconds >= facts.closeAt ? 'due' : 'closing';
}

/** What has been spent: claimed on chain, or signed by us and not claimed yet, whichever is more; never above the deposit. */
export function channelSpent(facts: ChannelFacts, signed: Wei): Wei {
  return smaller(larger(signed, facts.claimed), facts.deposit);
}

/**
 * Seconds that the chain's clock is ahead of ours, never less than nothing: an idle chain's newest block is old, and its
 * next one will bear the time of then.
 * @param readAt when the block time was read, epoch ms.
 */
export function chainAhead(blockTime: number, readAt: number): number {
  return Math.max(0, blockTime - Math.floor(readAt / 1000));
}

export interface Countdown {
  readonly days: number;
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
}

/** Rounded up to a second: it shows 0 only when the time has come. */
export function countdown(closeAt: number, chainMs: number): Countdown {
  const left = Math.max(0, Math.ceil(closeAt - chainMs / 1000));
  return {
    days: Math.floor(left / 86_400),
    hours: Math.floor(left / 3_600) % 24,
    minutes: Math.floor(left / 60) % 60,
    seconds: left % 60,
  };
}
