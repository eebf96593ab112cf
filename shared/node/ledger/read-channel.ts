/** What the chain says about one channel. */

import type { ChannelOnChain, ChannelParties } from '../../effects.ts';
import { hermeChannelsAbi } from '../../wire/abi.ts';
import { channelId } from '../../wire/proof.ts';
import { atBlock, type Chain } from './chain.ts';

/**
 * Reads fail closed over reorganisations: money counts from the settled block on, a request to close from the
 * very newest.
 *
 * A client waits while its node asks. So where the newest block was seen lately, one trip asks at the block that was
 * settled then, at the newest, and for the number of that. What has not changed between the two is as good as it will
 * be; only where something is under way a second trip asks at the block that is settled now.
 */
export async function readChannel(chain: Chain, parties: ChannelParties): Promise<ChannelOnChain> {
  const id = channelId(parties);
  const read = (blockNumber: bigint | undefined) =>
    chain.ask((client) =>
      client.readContract({
        address: chain.profile.channels,
        abi: hermeChannelsAbi,
        functionName: 'channel',
        args: [id],
        ...atBlock(blockNumber),
      }),
    );
  if (chain.profile.confirmations === 0) {
    const now = await read(undefined);
    return told(now, now);
  }
  const both = (head: bigint) => Promise.all([read(chain.settledAt(head)), read(undefined)]);

  const recent = chain.recentHead;
  if (recent === null) return told(...(await both(await chain.head())));
  const [[settled, newest], head] = await Promise.all([both(recent), chain.head()]);
  // Of a chain that became shorter nothing is known.
  return head >= recent && isSame(settled, newest) ? told(settled, newest) : told(...(await both(head)));
}

interface Entry {
  readonly deposit: bigint;
  readonly claimed: bigint;
  readonly closeAt: number;
  readonly grace: number;
  readonly epoch: number;
}

function isSame(a: Entry, b: Entry): boolean {
  return a.deposit === b.deposit && a.claimed === b.claimed && a.grace === b.grace && a.epoch === b.epoch;
}

function told(settled: Entry, newest: Entry): ChannelOnChain {
  return {
    exists: settled.grace !== 0,
    // biome-ignore lint/complexity/useMathMinMax: Math.min knows no bigints
    deposit: newest.deposit < settled.deposit ? newest.deposit : settled.deposit,
    claimed: newest.claimed,
    settledClaimed: settled.claimed,
    closeAt: newest.closeAt,
    graceMinutes: settled.grace,
    epoch: newest.epoch,
  };
}
