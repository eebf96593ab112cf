/** How far a transaction got. Asked, never waited for: viem's own waiting can miss a block mined at once. */

import type { PublicClient } from 'viem';
import type { Hex } from '../../base/bytes.ts';
import type { LedgerReader } from '../../effects.ts';
import type { Chain } from './chain.ts';
import { decodedRevert } from './failure.ts';

/** `confirmations` is 1 in the newest block; an unknown hash is `pending`. */
export async function readReceipt(chain: Chain, hash: Hex): Promise<Awaited<ReturnType<LedgerReader['receipt']>>> {
  return chain.ask(async (client) => {
    const [receipt, head] = await Promise.all([
      client.request({ method: 'eth_getTransactionReceipt', params: [hash] }),
      client.getBlockNumber(),
    ]);
    if (!receipt) return { status: 'pending', confirmations: 0, gasUsed: null };
    const gasUsed = BigInt(receipt.gasUsed);
    const told = {
      confirmations: Math.max(1, Number(head - BigInt(receipt.blockNumber)) + 1),
      gasUsed,
      fee: gasUsed * BigInt(receipt.effectiveGasPrice),
    };
    if (BigInt(receipt.status) === 1n) return { status: 'confirmed', ...told };
    const reason = await revertReason(client, hash, BigInt(receipt.blockNumber));
    return { status: 'reverted', ...told, ...(reason === null ? {} : { reason }) };
  });
}

/** A receipt holds no reason: the same call again, on the state before its block. Null when that tells nothing. */
async function revertReason(client: PublicClient, hash: Hex, block: bigint): Promise<string | null> {
  try {
    const { from, to, input, value, gas } = await client.getTransaction({ hash });
    await client.call({ account: from, to, data: input, value, gas, blockNumber: block - 1n });
    return null;
  } catch (thrown) {
    return decodedRevert(thrown)?.slice(0, 300) ?? null;
  }
}
