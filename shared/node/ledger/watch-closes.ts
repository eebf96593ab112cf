/**
 * Watches for payers who gave notice. Polling with an overlap, so that neither a reorganisation nor an RPC that is
 * down for a while loses one; what was cancelled meanwhile is not reported.
 */

import type { Hex } from '../../base/bytes.ts';
import type { Address } from '../../base/units.ts';
import type { Unsubscribe } from '../../effects.ts';
import { hermeChannelsAbi } from '../../wire/abi.ts';
import type { Chain } from './chain.ts';

/** Public nodes refuse longer ranges. */
const MAX_RANGE = 5_000n;
const MAX_BACKOFF_MS = 30_000;
/** Reports remembered, so that the overlap does not report twice. */
const MAX_SEEN = 10_000;

/** Begins at the profile's `deployedAtBlock`, else at the newest block; `handler` gets each standing notice once. */
export function watchCloses(
  chain: Chain,
  payee: Address,
  pollMs: number,
  handler: (id: Hex, closeAt: number) => void,
): Unsubscribe {
  const { channels, confirmations, deployedAtBlock } = chain.profile;
  const overlap = BigInt(Math.max(confirmations, 8));
  const seen = new Set<string>();
  let cursor: bigint | null = deployedAtBlock === undefined ? null : BigInt(deployedAtBlock);
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;

  /** True when the newest block has been reached. */
  async function poll(): Promise<boolean> {
    const head = await chain.head();
    const from = cursor ?? head;
    const to = from + MAX_RANGE < head ? from + MAX_RANGE : head;
    if (from <= to) {
      const logs = await chain.ask((client) =>
        client.getContractEvents({
          address: channels,
          abi: hermeChannelsAbi,
          eventName: 'CloseRequested',
          args: { payee },
          fromBlock: from,
          toBlock: to,
          strict: true,
        }),
      );
      const fresh = logs.filter((log) => !seen.has(`${log.args.id}:${log.args.closeAt}`));
      const standing = await chain.ask((client) =>
        Promise.all(
          fresh.map((log) =>
            client.readContract({
              address: channels,
              abi: hermeChannelsAbi,
              functionName: 'channel',
              args: [log.args.id],
            }),
          ),
        ),
      );
      if (stopped) return true;
      if (seen.size > MAX_SEEN) seen.clear();
      fresh.forEach((log, i) => {
        const { id, closeAt } = log.args;
        if (standing[i]?.closeAt !== closeAt) return;
        seen.add(`${id}:${closeAt}`);
        handler(id, closeAt);
      });
    }
    const next = to + 1n - overlap;
    cursor = next > from ? next : from;
    return to === head;
  }

  async function run(failures: number): Promise<void> {
    let delay: number;
    try {
      delay = (await poll()) ? pollMs : 0;
      failures = 0;
    } catch {
      // The cursor stands still, so nothing is lost; readers of the same chain report the failure to people.
      failures++;
      delay = Math.min(pollMs * 2 ** failures, MAX_BACKOFF_MS);
    }
    if (!stopped) timer = setTimeout(() => void run(failures), delay);
  }

  void run(0);
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
