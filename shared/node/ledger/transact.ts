/**
 * How a writer gets its calls into blocks. The sender here is the plain one, for tools and tests: one attempt, waited
 * for by asking. A program that runs for long hands the writer its own, which replaces and survives a restart.
 */
import type { TransactionReceipt } from 'viem';
import type { Hex } from '../../base/bytes.ts';
import { transactionFailed } from './failure.ts';
import type { Call, Submitter } from './submit.ts';

const MINED_WITHIN_MS = 180_000;
const POLL_FIRST_MS = 50;
const POLL_LONGEST_MS = 2_000;

export interface Transact {
  /** What the call would return now; @throws WarrenError as `send`. */
  simulate(call: Call): Promise<Hex>;
  /**
   * Resolves when the transaction is mined and succeeded. Calls may overlap: their nonces do not.
   * @throws WarrenError transaction_failed (with the contract's error), funds_insufficient, ledger_unreachable.
   */
  send(call: Call): Promise<TransactionReceipt>;
}

export function sendOnce(submitter: Submitter): Transact {
  let queue: Promise<unknown> = Promise.resolve();
  /** Null after a failure: then the node's own count of pending transactions decides. */
  let nextNonce: number | null = null;

  async function submit(call: Call): Promise<Hex> {
    try {
      const { gas, fees, pending } = await submitter.prepare(call);
      // A node behind a load balancer may not know yet what we sent through its neighbour.
      const nonce = Math.max(pending, nextNonce ?? 0);
      const { raw, hash } = await submitter.sign(call, { nonce, gas, fees });
      const { outcome, error } = await submitter.broadcast(raw);
      if (error && outcome !== 'taken') throw error;
      nextNonce = nonce + 1;
      return hash;
    } catch (thrown) {
      nextNonce = null;
      throw thrown;
    }
  }

  return {
    simulate: (call) => submitter.simulate(call),
    async send(call) {
      const submitted = queue.then(() => submit(call));
      queue = submitted.catch(() => undefined);
      const hash = await submitted;
      const receipt = await mined(submitter, hash);
      if (receipt) return submitter.succeeded(call, receipt);
      nextNonce = null;
      throw transactionFailed(`Transaction ${hash} was not mined within ${MINED_WITHIN_MS / 60_000} minutes.`);
    },
  };
}

/** Null when it was not mined in time. An RPC that is down for a while only delays the answer. */
async function mined(submitter: Submitter, hash: Hex): Promise<TransactionReceipt | null> {
  const end = performance.now() + MINED_WITHIN_MS;
  for (let delay = POLL_FIRST_MS; performance.now() < end; delay = Math.min(delay * 1.5, POLL_LONGEST_MS)) {
    const seen = await submitter.look([hash]).catch(() => null);
    if (seen?.receipt) return seen.receipt;
    await new Promise((resolve) => setTimeout(resolve, delay));
  }
  return null;
}
