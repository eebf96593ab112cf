/**
 * One connection to one chain's JSON-RPC: calls of the same turn travel as one batch. It must not hold any key.
 */
import { createPublicClient, http, type PublicClient } from 'viem';
import { WarrenError } from '../../base/errors.ts';
import type { NetworkProfile } from '../../wire/network.ts';
import { readFailure } from './failure.ts';

/** A person waits behind most questions, and failure has to be said within 8 s: one retry fits. */
const TIMEOUT_MS = 3_500;
const RETRIES = 1;
/** A head that was seen so lately saves the question for it where an older block does as well. */
const RECENT_MS = 10_000;

export interface Chain {
  readonly profile: NetworkProfile;
  readonly client: PublicClient;
  /** Runs a question, checks once that the RPC serves this profile's chain, and types every failure. */
  ask<T>(question: (client: PublicClient) => Promise<T>): Promise<T>;
  /**
   * Runs a question at the newest block that the profile counts as settled. Undefined means `latest`
   * (`confirmations` is 0) and costs no extra round trip.
   */
  askSettled<T>(question: (client: PublicClient, blockNumber: bigint | undefined) => Promise<T>): Promise<T>;
  /** The newest block's number, asked now. */
  head(): Promise<bigint>;
  /** The newest block that anybody asked for in the last ten seconds; null: nobody did. Costs nothing. */
  readonly recentHead: bigint | null;
  /** The newest block that counts as settled while `head` is the newest of all. */
  settledAt(head: bigint): bigint;
}

export function openChain(profile: NetworkProfile): Chain {
  const client = createPublicClient({
    transport: http(profile.rpcUrl, {
      batch: { batchSize: 50, wait: 0 },
      timeout: TIMEOUT_MS,
      retryCount: RETRIES,
      retryDelay: 150,
    }),
    cacheTime: 0,
  });
  let checked = false;
  let seen: { readonly head: bigint; readonly at: number } | null = null;

  async function checkChainId(): Promise<void> {
    if (checked) return;
    const actual = await client.getChainId();
    if (actual !== profile.chainId) {
      throw new WarrenError(
        'ledger_unreachable',
        `The RPC serves chain ${actual}, not ${profile.chainId}.`,
        'Correct rpcUrl or chainId in the network profile.',
      );
    }
    checked = true;
  }

  async function ask<T>(question: (client: PublicClient) => Promise<T>): Promise<T> {
    try {
      const [answer] = await Promise.all([question(client), checkChainId()]);
      return answer;
    } catch (thrown) {
      throw readFailure(thrown);
    }
  }

  async function head(): Promise<bigint> {
    const number = await ask((c) => c.getBlockNumber());
    seen = { head: number, at: performance.now() };
    return number;
  }

  function settledAt(newest: bigint): bigint {
    const settled = newest - BigInt(profile.confirmations);
    return settled < 0n ? 0n : settled;
  }

  return {
    profile,
    client,
    ask,
    head,
    get recentHead() {
      return seen !== null && performance.now() - seen.at < RECENT_MS ? seen.head : null;
    },
    settledAt,
    async askSettled(question) {
      if (profile.confirmations === 0) return ask((c) => question(c, undefined));
      const settled = settledAt(await head());
      return ask((c) => question(c, settled));
    },
  };
}

/** viem wants either a number or a tag, never an undefined field. */
export function atBlock(blockNumber: bigint | undefined): { blockNumber: bigint } | { blockTag: 'latest' } {
  return blockNumber === undefined ? { blockTag: 'latest' } : { blockNumber };
}
