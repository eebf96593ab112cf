/**
 * When to turn proofs into tokens: a pure policy over what is owed and what gas costs. It must not read the chain
 * or send anything; the provider's loop asks it and acts.
 */
import type { Wei } from '../base/units.ts';

/** One channel of this payee with its highest proof, as the provider knows it. */
export interface Owed {
  /** Channel id: what `claim` decides on, returned as given. */
  readonly id: string;
  /** Highest signed amount, and what was claimed of it: wei, cumulative. */
  readonly signed: Wei;
  readonly claimed: Wei;
  readonly deposit: Wei;
  /** Unix seconds from which the payer may withdraw; 0 while open. */
  readonly closeAt: number;
}

export interface SettlementPolicy {
  /** Claim when the fee is at most this share of what it brings, in basis points. Default 200 (2 %). */
  readonly maxFeeBasisPoints: number;
  /** Claim at any fee below the value itself when one channel owes more than this, in token wei. */
  readonly maxUnclaimed: Wei;
}

export interface SettlementCosts {
  /** What one unit of gas costs, in *token* wei (the caller knows the exchange rate; 0 on free test chains). */
  readonly tokenPerGas: Wei;
}

export type SettlementReason = 'closing' | 'shutdown' | 'cap' | 'worthwhile';

export interface SettlementBatch {
  readonly reason: SettlementReason;
  readonly ids: readonly string[];
  /** What the batch brings, wei. */
  readonly value: Wei;
}

export const DEFAULT_POLICY: SettlementPolicy = { maxFeeBasisPoints: 200, maxUnclaimed: 10n * 10n ** 18n };
export const MAX_BATCH = 200;

/** Measured with receipts (docs/protocol/contracts.md): one transaction, and each channel in it. */
export const GAS_PER_CLAIM = 39_000n;
export const GAS_PER_CHANNEL = 12_700n;

/** What a claim would pay now: never more than the deposit. */
export function unclaimed(channel: Owed): Wei {
  // biome-ignore lint/complexity/useMathMinMax: Math.min knows no bigints
  const payable = channel.signed < channel.deposit ? channel.signed : channel.deposit;
  return payable > channel.claimed ? payable - channel.claimed : 0n;
}

/**
 * The batches to claim now, each of at most 200 channels, most urgent first; empty when waiting is better.
 *
 * A channel whose payer gave notice is claimed at once, at any fee below its value; so is everything at shutdown,
 * and a channel that owes more than the cap. Channels that pay for their own share of gas then ride along. Otherwise
 * the largest sums are claimed together as soon as the fee of the whole batch is within the policy's share.
 */
export function decideSettlement(
  channels: readonly Owed[],
  costs: SettlementCosts,
  options: { readonly policy?: SettlementPolicy; readonly shutdown?: boolean } = {},
): readonly SettlementBatch[] {
  const policy = options.policy ?? DEFAULT_POLICY;
  const perChannel = GAS_PER_CHANNEL * costs.tokenPerGas;
  const candidates = channels
    .map((channel) => ({ channel, value: unclaimed(channel) }))
    // An item that brings less than its own gas makes every batch poorer.
    .filter(({ value }) => value > perChannel)
    .sort((a, b) => urgency(a.channel) - urgency(b.channel) || (a.value < b.value ? 1 : a.value > b.value ? -1 : 0));

  const batches: SettlementBatch[] = [];
  for (let from = 0; from < candidates.length; from += MAX_BATCH) {
    const batch = candidates.slice(from, from + MAX_BATCH);
    const value = batch.reduce((sum, item) => sum + item.value, 0n);
    const fee = GAS_PER_CLAIM * costs.tokenPerGas + perChannel * BigInt(batch.length);
    if (fee >= value) continue;
    const reason = reasonFor(batch, value, fee, policy, options.shutdown ?? false);
    if (reason) batches.push({ reason, ids: batch.map((item) => item.channel.id), value });
  }
  return batches;
}

function reasonFor(
  batch: readonly { readonly channel: Owed; readonly value: Wei }[],
  value: Wei,
  fee: Wei,
  policy: SettlementPolicy,
  shutdown: boolean,
): SettlementReason | null {
  if (batch.some((item) => item.channel.closeAt !== 0)) return 'closing';
  if (shutdown) return 'shutdown';
  if (batch.some((item) => item.value > policy.maxUnclaimed)) return 'cap';
  return fee * 10_000n <= value * BigInt(policy.maxFeeBasisPoints) ? 'worthwhile' : null;
}

/** Channels that are closing come first, the earliest end before the others. */
function urgency(channel: Owed): number {
  return channel.closeAt === 0 ? Number.POSITIVE_INFINITY : channel.closeAt;
}
