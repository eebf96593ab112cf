/**
 * One account's hands on the chain: simulate, sign, hand over, look. Each verb does what it is told once; when to do
 * which is not decided here. The key stays in the account object; it must not reach a log or an error.
 */
import { keccak256, type PrivateKeyAccount, type TransactionReceipt } from 'viem';
import type { Hex } from '../../base/bytes.ts';
import type { WarrenError } from '../../base/errors.ts';
import type { Address, Wei } from '../../base/units.ts';
import type { Chain } from './chain.ts';
import { readFailure, transactionFailed, writeFailure } from './failure.ts';
import { type Fees, readFees } from './fees.ts';

/** Gas is estimated against the newest block; the state may grow until the transaction is mined. */
const GAS_MARGIN_PERCENT = 20n;

export interface Call {
  readonly to: Address;
  readonly data: Hex;
  /** Of the chain's own coin. */
  readonly value?: Wei;
}

export interface Prepared {
  readonly gas: bigint;
  readonly fees: Fees;
  /** Transactions of this account: in settled blocks, in blocks, and with those that the node holds for a block. */
  readonly settled: number;
  readonly mined: number;
  readonly pending: number;
}

export interface Attempt {
  readonly nonce: number;
  readonly gas: bigint;
  readonly fees: Pick<Fees, 'maxFeePerGas' | 'maxPriorityFeePerGas'>;
}

export interface Broadcast {
  /** `silent`: the node did not answer, so it may have the transaction or not. */
  readonly outcome: 'taken' | 'underpriced' | 'nonceTooLow' | 'refused' | 'silent';
  readonly error: WarrenError | null;
}

export interface Submitter {
  /** What the call would return now. @throws WarrenError transaction_failed, funds_insufficient, ledger_unreachable. */
  simulate(call: Call): Promise<Hex>;
  /** Simulates, and gathers what a transaction needs. @throws WarrenError as `simulate`. */
  prepare(call: Call): Promise<Prepared>;
  /** The same bytes for the same attempt: ECDSA here is deterministic (RFC 6979). */
  sign(call: Call, attempt: Attempt): Promise<{ readonly raw: Hex; readonly hash: Hex }>;
  /** Never throws. A node that has it already has taken it. */
  broadcast(raw: Hex): Promise<Broadcast>;
  /** The receipt of whichever of these is in a block. @throws WarrenError ledger_unreachable. */
  look(hashes: readonly Hex[]): Promise<{
    readonly receipt: TransactionReceipt | null;
    readonly mined: number;
    readonly fees: Fees;
  }>;
  /** The receipt, if it says success. @throws WarrenError transaction_failed with the contract's error. */
  succeeded(call: Call, receipt: TransactionReceipt): Promise<TransactionReceipt>;
}

export function createSubmitter(chain: Chain, account: PrivateKeyAccount): Submitter {
  const { client, profile } = chain;
  const from = account.address;

  async function simulate(call: Call): Promise<Hex> {
    try {
      const { data } = await client.call({ account: from, ...call });
      return data ?? '0x';
    } catch (thrown) {
      throw writeFailure(thrown);
    }
  }

  return {
    simulate,
    async prepare(call) {
      const settled = await chain.askSettled(async (_, blockNumber) =>
        blockNumber === undefined ? null : client.getTransactionCount({ address: from, blockNumber }),
      );
      try {
        const [, estimate, mined, pending, fees] = await Promise.all([
          client.call({ account: from, ...call }),
          // Not against pending transactions, as some nodes do by default: this one may take the place of one of them.
          client.estimateGas({ account: from, blockTag: 'latest', ...call }),
          client.getTransactionCount({ address: from, blockTag: 'latest' }),
          client.getTransactionCount({ address: from, blockTag: 'pending' }),
          readFees(client),
        ]);
        return {
          gas: (estimate * (100n + GAS_MARGIN_PERCENT)) / 100n,
          fees,
          settled: settled ?? mined,
          mined,
          pending,
        };
      } catch (thrown) {
        throw writeFailure(thrown);
      }
    },
    async sign(call, { nonce, gas, fees: { maxFeePerGas, maxPriorityFeePerGas } }) {
      const { chainId } = profile;
      const raw = await account.signTransaction({
        type: 'eip1559',
        chainId,
        nonce,
        gas,
        maxFeePerGas,
        maxPriorityFeePerGas,
        ...call,
      });
      return { raw, hash: keccak256(raw) };
    },
    async broadcast(raw) {
      try {
        await chain.ask(async () => undefined);
        await client.sendRawTransaction({ serializedTransaction: raw });
        return { outcome: 'taken', error: null };
      } catch (thrown) {
        const error = writeFailure(thrown);
        return { outcome: outcomeOf(error), error };
      }
    },
    async look(hashes) {
      try {
        const [receipts, mined, fees] = await Promise.all([
          Promise.all(hashes.map((hash) => receiptOf(hash))),
          client.getTransactionCount({ address: from, blockTag: 'latest' }),
          readFees(client),
        ]);
        return { receipt: receipts.find((receipt) => receipt !== null) ?? null, mined, fees };
      } catch (thrown) {
        throw readFailure(thrown);
      }
    },
    async succeeded(call, receipt) {
      if (receipt.status === 'success') return receipt;
      // The state moved between simulation and block; asking again usually names the reason.
      const reason = await simulate(call).then(
        () => 'its gas or the state of its block did not suffice',
        (failure: Error) => failure.message,
      );
      throw transactionFailed(`Transaction ${receipt.transactionHash} was reverted: ${reason}`);
    },
  };

  /** viem throws for a transaction that is in no block; only a node that does not answer is a failure here. */
  async function receiptOf(hash: Hex): Promise<TransactionReceipt | null> {
    return client.getTransactionReceipt({ hash }).catch((thrown: unknown) => {
      if (thrown instanceof Error && thrown.name === 'TransactionReceiptNotFoundError') return null;
      throw thrown;
    });
  }
}

/** Nodes have no codes for these, only words: go-ethereum, Erigon, Nethermind, Besu, anvil. */
function outcomeOf({ code, message }: WarrenError): Broadcast['outcome'] {
  if (code === 'ledger_unreachable') return 'silent';
  if (/already known|already imported|already in|known transaction/i.test(message)) return 'taken';
  if (/underpriced|could not replace|replacement ?not ?allowed|price too low/i.test(message)) return 'underpriced';
  if (/nonce (is )?too low|nonce below|old ?nonce/i.test(message)) return 'nonceTooLow';
  return 'refused';
}
