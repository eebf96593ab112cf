/**
 * Chain actions of the payer, built and signed here (EIP-1559); the host only carries them. Knows no port
 * and no storage; the caller gives account facts and nonces.
 */
import { keccak256 } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import type { Hex } from '../../shared/base/bytes.ts';
import type { Address, Wei } from '../../shared/base/units.ts';
import { callOf } from './calldata.ts';
import type { Account } from './facts.ts';
import type { Key } from './keys.ts';
import type { SigningFacts } from './permit.ts';

interface OfChannel {
  readonly payee: Address;
  readonly signer: Address;
}
export type ChainAction =
  | ({ readonly kind: 'open'; readonly amount: Wei; readonly graceMinutes: number } & OfChannel)
  | ({ readonly kind: 'topUp'; readonly amount: Wei } & OfChannel)
  | ({ readonly kind: 'requestClose' } & OfChannel)
  | ({ readonly kind: 'withdraw' } & OfChannel)
  /** Lets the channels contract take exactly so much, where the token has no EIP-2612. */
  | { readonly kind: 'approve'; readonly amount: Wei }
  | { readonly kind: 'send' | 'sendCoin'; readonly to: Address; readonly amount: Wei };
export type ChainActionKind = ChainAction['kind'];

/** A little under twice what each was measured to take: the fee shown is the most it can cost. */
export const GAS_LIMIT: Record<ChainActionKind, bigint> = {
  open: 180_000n,
  topUp: 150_000n,
  requestClose: 60_000n,
  withdraw: 90_000n,
  approve: 90_000n,
  send: 110_000n,
  /** Room for a receiver that is a contract and notes what came. */
  sendCoin: 50_000n,
};

/** What has to be sent for it, in order: one transaction, or two where the token knows no permit. */
export function transactionsFor(action: ChainAction, account: Account): readonly ChainAction[] {
  if ((action.kind !== 'open' && action.kind !== 'topUp') || account.permit !== false) return [action];
  if ((account.allowance ?? 0n) >= action.amount) return [action];
  return [{ kind: 'approve', amount: action.amount }, action];
}

/** Most that the network can take for all of them, wei of the coin. */
export function worstFee(kinds: readonly ChainActionKind[], maxFeePerGas: Wei): Wei {
  return kinds.reduce((sum, kind) => sum + GAS_LIMIT[kind], 0n) * maxFeePerGas;
}

export function usesPermit(kind: ChainActionKind, account: Pick<Account, 'permit'>): boolean {
  return (kind === 'open' || kind === 'topUp') && account.permit !== false;
}

/** @returns the raw transaction and its hash. @throws RangeError when the amount does not fit the contract. */
export async function signAction(action: ChainAction, key: Key, facts: SigningFacts): Promise<{ raw: Hex; hash: Hex }> {
  const raw = await privateKeyToAccount(key.privateKey).signTransaction({
    type: 'eip1559',
    chainId: facts.network.chainId,
    ...(await callOf(action, key, facts)),
    nonce: facts.nonce,
    gas: GAS_LIMIT[action.kind],
    maxFeePerGas: facts.maxFeePerGas,
    maxPriorityFeePerGas: facts.maxPriorityFeePerGas,
  });
  return { raw, hash: keccak256(raw) };
}
