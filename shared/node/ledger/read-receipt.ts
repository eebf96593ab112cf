/** How far a transaction got. Asked, never waited for: viem's own waiting can miss a block mined at once. */

import type { Hex } from '../../base/bytes.ts';
import type { LedgerReader } from '../../effects.ts';
import type { Chain } from './chain.ts';

/** `confirmations` is 1 in the newest block; an unknown hash is `pending`. */
export async function readReceipt(chain: Chain, hash: Hex): Promise<Awaited<ReturnType<LedgerReader['receipt']>>> {
  return chain.ask(async (client) => {
    const [receipt, head] = await Promise.all([
      client.request({ method: 'eth_getTransactionReceipt', params: [hash] }),
      client.getBlockNumber(),
    ]);
    if (!receipt) return { status: 'pending', confirmations: 0, gasUsed: null };
    const confirmations = Math.max(1, Number(head - BigInt(receipt.blockNumber)) + 1);
    return {
      status: BigInt(receipt.status) === 1n ? 'confirmed' : 'reverted',
      confirmations,
      gasUsed: BigInt(receipt.gasUsed),
    };
  });
}
