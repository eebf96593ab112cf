/** The payee's cooperative close: last proof in, remainder back to the payer, one transaction. */
import { decodeFunctionResult, encodeFunctionData, parseEventLogs } from 'viem';
import { WarrenError } from '../../base/errors.ts';
import type { Address } from '../../base/units.ts';
import type { LedgerWriter, SignedProof } from '../../effects.ts';
import { hermeChannelsAbi } from '../../wire/abi.ts';
import { channelId, proofDigest, proofItem } from '../../wire/proof.ts';
import { recoverAddress } from '../secp256k1.ts';
import type { Chain } from './chain.ts';
import { readChannel } from './read-channel.ts';
import type { Transact } from './transact.ts';

/**
 * The contract skips a bad proof and would hand its money back, so the proof is checked here and the outcome is
 * simulated before anything is sent.
 * @returns `claimed`: cumulative total paid over the life of the channel; `refunded`: what this close gave back.
 * @throws WarrenError proof_invalid when the proof is not by `signer` or would not be paid.
 */
export async function close(
  chain: Chain,
  transact: Transact,
  parties: { readonly payer: Address; readonly signer: Address; readonly payee: Address },
  last: SignedProof | null,
): ReturnType<LedgerWriter['close']> {
  const { payer, signer, payee } = parties;
  const { channels, chainId } = chain.profile;
  if (last) {
    const digest = proofDigest({ chainId, channels }, { payer, payee, cumulative: last.cumulative });
    if (recoverAddress(digest, last.signature) !== signer)
      throw unpaid('The last proof is not by the channel’s signer.');
  }
  const call = {
    to: channels,
    data: encodeFunctionData({
      abi: hermeChannelsAbi,
      functionName: 'close',
      args: [payer, signer, last ? [proofItem(payer, last)] : []],
    }),
  };
  const [before, output] = await Promise.all([readChannel(chain, parties), transact.simulate(call)]);
  const [claimed] = decodeFunctionResult({ abi: hermeChannelsAbi, functionName: 'close', data: output });
  const owed = last && last.cumulative < before.deposit ? last.cumulative : last ? before.deposit : 0n;
  if (claimed < owed) throw unpaid('The chain would not pay the last proof.');

  const receipt = await transact.send(call);
  const id = channelId(parties);
  const events = parseEventLogs({ abi: hermeChannelsAbi, logs: receipt.logs }).filter(
    (log) => log.address.toLowerCase() === channels && 'id' in log.args && log.args.id === id,
  );
  const paid = events.find((log) => log.eventName === 'Claimed');
  const refund = events.find((log) => log.eventName === 'Refunded');
  return {
    transaction: receipt.transactionHash,
    claimed: paid?.args.claimed ?? claimed,
    refunded: refund?.args.amount ?? 0n,
  };
}

function unpaid(message: string): WarrenError {
  return new WarrenError('proof_invalid', message, 'Claim with an earlier proof first, then close.');
}
