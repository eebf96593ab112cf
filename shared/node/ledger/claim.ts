/** Turns the highest proofs of many channels into tokens: one transaction, one transfer. */
import { decodeFunctionResult, encodeFunctionData, parseEventLogs, type TransactionReceipt } from 'viem';
import { WarrenError } from '../../base/errors.ts';
import type { Address, Wei } from '../../base/units.ts';
import type { LedgerWriter } from '../../effects.ts';
import { erc20PermitAbi, hermeChannelsAbi } from '../../wire/abi.ts';
import { proofItem } from '../../wire/proof.ts';
import type { Chain } from './chain.ts';
import type { Transact } from './transact.ts';

/** Longer batches save almost nothing per channel and come near the block's and the transaction's limits. */
export const MAX_BATCH = 200;

/**
 * `total` is what the token's Transfer event says the payee received.
 * @throws WarrenError proof_too_low, without spending gas, when the proofs would pay nothing (paid already, forged).
 */
export async function claim(
  chain: Chain,
  transact: Transact,
  payee: Address,
  items: Parameters<LedgerWriter['claim']>[1],
): ReturnType<LedgerWriter['claim']> {
  if (items.length === 0 || items.length > MAX_BATCH) throw new RangeError(`a batch has 1 to ${MAX_BATCH} proofs`);
  const args = [payee, items.map((item) => proofItem(item.payer, item))] as const;
  const call = {
    to: chain.profile.channels,
    data: encodeFunctionData({ abi: hermeChannelsAbi, functionName: 'claim', args }),
  };
  const worth = decodeFunctionResult({
    abi: hermeChannelsAbi,
    functionName: 'claim',
    data: await transact.simulate(call),
  });
  if (worth === 0n) {
    throw new WarrenError(
      'proof_too_low',
      'These proofs pay nothing more.',
      'Nothing to do: they were claimed before.',
    );
  }
  const receipt = await transact.send(call);
  return {
    transaction: receipt.transactionHash,
    total: received(receipt, chain.profile.token, chain.profile.channels, payee),
    gasUsed: receipt.gasUsed,
  };
}

function received(receipt: TransactionReceipt, token: Address, from: Address, to: Address): Wei {
  return parseEventLogs({ abi: erc20PermitAbi, eventName: 'Transfer', logs: receipt.logs })
    .filter((log) => log.address.toLowerCase() === token)
    .filter((log) => log.args.from.toLowerCase() === from && log.args.to.toLowerCase() === to)
    .reduce((sum, log) => sum + log.args.value, 0n);
}
