/** EIP-1559 fee data from the newest block: room for the base fee to double before the transaction is mined. */
import type { PublicClient } from 'viem';
import type { Wei } from '../../base/units.ts';

const DEFAULT_TIP: Wei = 1_000_000_000n;

export interface Fees {
  readonly maxFeePerGas: Wei;
  readonly maxPriorityFeePerGas: Wei;
  /** Unix seconds of the block that the fees come from. */
  readonly blockTime: number;
}

export async function readFees(client: PublicClient): Promise<Fees> {
  const [block, tip] = await Promise.all([
    client.getBlock({ includeTransactions: false }),
    // Not every node knows the method; a gwei is what most suggest.
    client
      .request({ method: 'eth_maxPriorityFeePerGas' })
      .then(BigInt)
      .catch(() => DEFAULT_TIP),
  ]);
  return {
    maxFeePerGas: 2n * (block.baseFeePerGas ?? 0n) + tip,
    maxPriorityFeePerGas: tip,
    blockTime: Number(block.timestamp),
  };
}
