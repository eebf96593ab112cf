/**
 * Transactions of one account: simulated first (so a revert costs nothing and has a name), numbered one after the
 * other, waited for by asking. The key stays in the account object; it must not reach a log or an error.
 */
import type { PrivateKeyAccount, PublicClient, TransactionReceipt } from 'viem';
import type { Hex } from '../../base/bytes.ts';
import type { Address } from '../../base/units.ts';
import type { Chain } from './chain.ts';
import { transactionFailed, writeFailure } from './failure.ts';
import { readFees } from './fees.ts';

/** Gas is estimated against the newest block; the state may grow until the transaction is mined. */
const GAS_MARGIN_PERCENT = 20n;
const MINED_WITHIN_MS = 180_000;
const POLL_FIRST_MS = 50;
const POLL_LONGEST_MS = 2_000;

export interface Call {
  readonly to: Address;
  readonly data: Hex;
}

export interface Transact {
  /** What the call would return now; @throws WarrenError as `send`. */
  simulate(call: Call): Promise<Hex>;
  /**
   * Resolves when the transaction is mined and succeeded. Calls may overlap: their nonces do not.
   * @throws WarrenError transaction_failed (with the contract's error), funds_insufficient, ledger_unreachable.
   */
  send(call: Call): Promise<TransactionReceipt>;
}

export function createTransact(chain: Chain, account: PrivateKeyAccount): Transact {
  let queue: Promise<unknown> = Promise.resolve();
  /** Null after a failure: then the node's own count of pending transactions decides. */
  let nextNonce: number | null = null;

  async function simulate(call: Call): Promise<Hex> {
    try {
      const { data } = await chain.client.call({ account: account.address, ...call });
      return data ?? '0x';
    } catch (thrown) {
      throw writeFailure(thrown);
    }
  }

  async function submit(call: Call): Promise<Hex> {
    await chain.ask(async () => undefined);
    try {
      const { client, profile } = chain;
      const [, gas, pending, fees] = await Promise.all([
        client.call({ account: account.address, ...call }),
        client.estimateGas({ account: account.address, ...call }),
        client.getTransactionCount({ address: account.address, blockTag: 'pending' }),
        readFees(client),
      ]);
      // A node behind a load balancer may not know yet what we sent through its neighbour.
      const nonce = Math.max(pending, nextNonce ?? 0);
      const serializedTransaction = await account.signTransaction({
        type: 'eip1559',
        chainId: profile.chainId,
        nonce,
        gas: (gas * (100n + GAS_MARGIN_PERCENT)) / 100n,
        maxFeePerGas: fees.maxFeePerGas,
        maxPriorityFeePerGas: fees.maxPriorityFeePerGas,
        ...call,
      });
      const hash = await client.sendRawTransaction({ serializedTransaction });
      nextNonce = nonce + 1;
      return hash;
    } catch (thrown) {
      nextNonce = null;
      throw writeFailure(thrown);
    }
  }

  return {
    simulate,
    async send(call) {
      const submitted = queue.then(() => submit(call));
      queue = submitted.catch(() => undefined);
      const hash = await submitted;
      const receipt = await mined(chain.client, hash);
      if (!receipt) {
        nextNonce = null;
        throw transactionFailed(`Transaction ${hash} was not mined within ${MINED_WITHIN_MS / 60_000} minutes.`);
      }
      if (receipt.status === 'reverted') {
        // The state moved between simulation and block; asking again usually names the reason.
        const reason = await simulate(call).then(
          () => 'its gas or the state of its block did not suffice',
          (failure: Error) => failure.message,
        );
        throw transactionFailed(`Transaction ${hash} was reverted: ${reason}`);
      }
      return receipt;
    },
  };
}

/** Null when it was not mined in time. An RPC that is down for a while only delays the answer. */
async function mined(client: PublicClient, hash: Hex): Promise<TransactionReceipt | null> {
  const end = performance.now() + MINED_WITHIN_MS;
  for (let delay = POLL_FIRST_MS; performance.now() < end; delay = Math.min(delay * 1.5, POLL_LONGEST_MS)) {
    const receipt = await client.getTransactionReceipt({ hash }).catch((): null => null);
    if (receipt) return receipt;
    await new Promise((resolve) => setTimeout(resolve, delay));
  }
  return null;
}
