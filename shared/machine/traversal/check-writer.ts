/** Writes our checks, each a transaction of its own, and remembers which pair each belongs to. */
import { toHex } from '../../base/bytes.ts';
import type { Ms } from '../../base/units.ts';
import type { ChecksOptions, ChecksOutput } from './api.ts';
import { candidatePriority } from './candidates.ts';
import { encodeCheck } from './check-message.ts';
import type { Pair } from './checklist.ts';
import type { Transactions } from './transactions.ts';

/** What a prflx candidate learned from a check would have (RFC 8445 §7.1.1). */
const PRIORITY = candidatePriority('prflx', 0);

export class CheckWriter {
  readonly #options: ChecksOptions;
  readonly #transactions: Transactions;
  readonly #tieBreaker: bigint;

  constructor(options: ChecksOptions, transactions: Transactions) {
    this.#options = options;
    this.#transactions = transactions;
    this.#tieBreaker = BigInt(toHex(options.random(8)));
  }

  /**
   * Every sending is new, so a round trip is never measured over a repetition.
   * @param bytes how long the packet has to be at least; null: as short as it is.
   */
  write(pair: Pair, nominate: boolean, now: Ms, bytes: number | null = null): ChecksOutput {
    const { credentials, role, random } = this.#options;
    const transactionId = random(12);
    this.#transactions.add(transactionId, { pair, sentAt: now, nominate, bytes });
    const check = { transactionId, role, tieBreaker: this.#tieBreaker, priority: PRIORITY, nominate, bytes };
    const { address, port } = pair.remote;
    return { type: 'send', packet: encodeCheck(credentials, check), to: { address, port }, base: pair.local.base };
  }
}
