/** What the chain says about one channel. */

import type { ChannelOnChain, ChannelParties } from '../../effects.ts';
import { hermeChannelsAbi } from '../../wire/abi.ts';
import { channelId } from '../../wire/proof.ts';
import type { Chain } from './chain.ts';
import { atBlock } from './chain.ts';

/**
 * Reads fail closed over reorganisations: money counts from the settled block on, a request to close from the
 * very newest.
 */
export async function readChannel(chain: Chain, parties: ChannelParties): Promise<ChannelOnChain> {
  const { channels, confirmations } = chain.profile;
  const id = channelId(parties);
  return chain.askSettled(async (client, settledBlock) => {
    const read = (blockNumber: bigint | undefined) =>
      client.readContract({
        address: channels,
        abi: hermeChannelsAbi,
        functionName: 'channel',
        args: [id],
        ...atBlock(blockNumber),
      });
    const [settled, newest] = await Promise.all([read(settledBlock), confirmations > 0 ? read(undefined) : null]);
    const now = newest ?? settled;
    return {
      exists: settled.grace !== 0,
      // biome-ignore lint/complexity/useMathMinMax: Math.min knows no bigints
      deposit: now.deposit < settled.deposit ? now.deposit : settled.deposit,
      claimed: now.claimed,
      ...(newest ? { settledClaimed: settled.claimed } : {}),
      closeAt: now.closeAt,
      graceMinutes: settled.grace,
      epoch: now.epoch,
    };
  });
}
