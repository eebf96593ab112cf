/**
 * Gets the node's calls into blocks, whatever happens on the way: drives one Transaction machine per call, and keeps
 * in a journal what it sent under which nonce. A call that comes after a restart, a give-up or a reorganisation takes
 * the place of what is still under way there (same nonce, higher fee), so that the account never pays for both.
 */

import * as v from 'valibot';
import { concatHex, keccak256, numberToHex, type TransactionReceipt } from 'viem';
import type { Hex } from '../shared/base/bytes.ts';
import { asWarrenError, WarrenError } from '../shared/base/errors.ts';
import type { Clock } from '../shared/effects.ts';
import { drive } from '../shared/machine/drive.ts';
import {
  above,
  isExcessive,
  Transaction,
  type TransactionEnd,
  type TransactionFees,
  type TransactionInput,
  type TransactionOutput,
  type TransactionRules,
} from '../shared/machine/transaction.ts';
import type { Call, Submitter } from '../shared/node/ledger/submit.ts';
import type { Transact } from '../shared/node/ledger/transact.ts';
import { CountSchema, HexSchema, WeiSchema } from '../shared/wire/schema.ts';
import type { Log } from './log.ts';
import type { LineStore } from './proofs.ts';

export interface TransactionsOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly store: Pick<LineStore, 'load' | 'replace'>;
  readonly rules?: TransactionRules;
}

const HashSchema = v.pipe(
  HexSchema(32),
  v.transform((text) => text as Hex),
);

/** What stands, or stood, under one nonce. Kept until its block is settled. */
const SentSchema = v.object({
  nonce: CountSchema,
  /** keccak-256 of address, calldata and value: tells whether a later call is the same. */
  call: HashSchema,
  maxFeePerGas: WeiSchema,
  maxPriorityFeePerGas: WeiSchema,
  hashes: v.pipe(v.array(HashSchema), v.maxLength(100)),
});
type Sent = v.InferOutput<typeof SentSchema>;

interface Chosen {
  readonly nonce: number;
  readonly gas: bigint;
  readonly fees: TransactionFees;
  readonly hashes: readonly Hex[];
  readonly takesPlace: boolean;
}

/** A nonce that somebody else used just now is no reason to give up, as long as nothing of ours was sent. */
const CHOICES = 3;

export function createTransactions(options: TransactionsOptions): (submitter: Submitter) => Transact {
  const { clock, log, store, rules } = options;
  const sent = new Map<number, Sent>();
  for (const line of store.load()) {
    const entry = parse(line);
    if (entry) sent.set(entry.nonce, entry);
  }
  const busy = new Set<number>();
  const save = () => store.replace([...sent.values()].map(lineOf));

  return (submitter) => {
    let queue: Promise<unknown> = Promise.resolve();

    async function choose(call: Call): Promise<Chosen> {
      // A nonce freed while we ask may look unused to a count from before.
      const before = new Set(busy);
      const { gas, fees, settled, mined, pending } = await submitter.prepare(call);
      for (const nonce of sent.keys()) if (nonce < settled && !busy.has(nonce)) sent.delete(nonce);
      const open = [...sent.values()].filter(({ nonce }) => nonce >= mined && !busy.has(nonce) && !before.has(nonce));
      const old = open.sort((a, b) => a.nonce - b.nonce)[0];
      if (!old)
        return { nonce: Math.max(pending, ...[...busy].map((n) => n + 1)), gas, fees, hashes: [], takesPlace: false };
      const same = old.call === digestOf(call);
      // What no node holds any more needs no outbidding.
      const place = pending <= old.nonce ? fees : same ? old : above(old, fees);
      if (isExcessive(place, fees)) throw failure('stuck', null);
      log.info({ nonce: old.nonce, same }, 'taking the place of a transaction under way');
      return {
        nonce: old.nonce,
        gas,
        fees: place,
        hashes: same ? old.hashes : [],
        takesPlace: true,
      };
    }

    /** Resolves when the transaction is over; `onOut` as soon as a node answered to its first broadcast. */
    function live(call: Call, { nonce, gas, fees: first, hashes: known }: Chosen, onOut: () => void) {
      const hashes = new Set(known);
      const machine = new Transaction(nonce, first, rules);
      let receipt: TransactionReceipt | null = null;
      let error: WarrenError | null = null;
      return new Promise<{ how: TransactionEnd; receipt: TransactionReceipt | null; error: WarrenError | null }>(
        (resolve, reject) => {
          const driven = drive<TransactionInput, TransactionOutput>(machine, clock, (output) => {
            act(output).catch((thrown: unknown) => {
              driven.stop();
              reject(thrown);
            });
          });
          async function act(output: TransactionOutput): Promise<void> {
            switch (output.type) {
              case 'send': {
                const { maxFeePerGas, maxPriorityFeePerGas } = output.fees;
                const { raw, hash } = await submitter.sign(call, { nonce, gas, fees: output.fees });
                if (hashes.size > 0 && !hashes.has(hash))
                  log.info({ nonce, maxFeePerGas: String(maxFeePerGas) }, 'replacing');
                hashes.add(hash);
                // Before it leaves: a process that dies now must know what it sent.
                sent.set(nonce, {
                  nonce,
                  call: digestOf(call),
                  maxFeePerGas,
                  maxPriorityFeePerGas,
                  hashes: [...hashes],
                });
                save();
                const answer = await submitter.broadcast(raw);
                error = answer.error ?? error;
                driven.feed({ type: 'broadcast', outcome: answer.outcome });
                onOut();
                break;
              }
              case 'look':
                try {
                  const seen = await submitter.look([...hashes]);
                  receipt = seen.receipt;
                  driven.feed({ type: 'seen', mined: receipt !== null, count: seen.mined, fees: seen.fees });
                } catch (thrown) {
                  error = asWarrenError(thrown);
                  driven.feed({ type: 'unseen' });
                }
                break;
              case 'over':
                driven.stop();
                resolve({ how: output.how, receipt, error });
            }
          }
          driven.feed({ type: 'start' });
        },
      );
    }

    async function send(call: Call): Promise<TransactionReceipt> {
      for (let choice = 1; ; choice++) {
        let release = () => {};
        const turn = queue;
        queue = new Promise<void>((resolve) => {
          release = resolve;
        });
        let chosen: Chosen | null = null;
        try {
          await turn;
          chosen = await choose(call);
          busy.add(chosen.nonce);
          const { how, receipt, error } = await live(call, chosen, release);
          if (receipt) return await submitter.succeeded(call, receipt);
          // Nothing of this call is anywhere: what stood there before still does.
          if ((how === 'refused' || how === 'nonceTooLow') && !chosen.takesPlace && sent.delete(chosen.nonce)) save();
          if (how !== 'nonceTooLow' || chosen.takesPlace || choice === CHOICES) throw failure(how, error);
        } finally {
          if (chosen) busy.delete(chosen.nonce);
          release();
        }
      }
    }

    return { simulate: (call) => submitter.simulate(call), send };
  };
}

function failure(how: TransactionEnd, error: WarrenError | null): WarrenError {
  if ((how === 'refused' || how === 'unreachable') && error) return error;
  const said =
    how === 'stuck'
      ? 'The transaction waits for a block although more was offered.'
      : 'Another transaction of this account went into a block in its place.';
  return new WarrenError('transaction_failed', said, 'Nothing to do: the chain is looked at again and the rest sent.');
}

function digestOf({ to, data, value }: Call): Hex {
  return keccak256(concatHex([to, data, ...(value === undefined ? [] : [numberToHex(value, { size: 32 })])]));
}

function lineOf({ maxFeePerGas, maxPriorityFeePerGas, ...rest }: Sent): string {
  return JSON.stringify({
    ...rest,
    maxFeePerGas: String(maxFeePerGas),
    maxPriorityFeePerGas: String(maxPriorityFeePerGas),
  });
}

/** Null for a line that makes no sense: then the node's own count of pending transactions has to do. */
function parse(line: string): Sent | null {
  try {
    return v.parse(SentSchema, JSON.parse(line));
  } catch {
    return null;
  }
}
