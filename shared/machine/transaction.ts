/**
 * The life of one transaction, from its first broadcast to its block: one nonce, so that of all its attempts at most
 * one is ever paid for. It decides when to look, when to offer more and when to give up; it must not know the chain,
 * sign, or ask for anything itself.
 *
 *   sending ──taken──▶ pending ──seen in a block──▶ over (mined)
 *      ▲                  │
 *      └── replaced ──────┤ another transaction took the nonce ─▶ over (superseded)
 *                         │ every attempt waited in vain ───────▶ over (stuck)
 *                         └ no answer for long ─────────────────▶ over (unreachable)
 *
 * Depth is not its business: what a block brought is read from the settled state (provider/settlement.ts).
 */
import { larger, smaller, type Wei } from '../base/units.ts';
import type { Deadline, Machine, Tick } from './machine.ts';

/** EIP-1559, wei per gas. */
export interface TransactionFees {
  readonly maxFeePerGas: Wei;
  readonly maxPriorityFeePerGas: Wei;
}

export interface TransactionRules {
  readonly lookFirstMs: number;
  readonly lookLongestMs: number;
  /** Pending for so long, as far as we could see: offer more. */
  readonly replaceAfterMs: number;
  readonly maxReplacements: number;
  /** "Underpriced" answered so often: somebody's offer under this nonce is out of reach. */
  readonly maxUnderpriced: number;
  /** Without any answer for so long: give up waiting. The transaction may still be mined. */
  readonly silentMs: number;
}

/** Five blocks of the slowest chain before more is offered; 1.125⁵ ≈ 1.8 is the most that waiting may add. */
export const TRANSACTION_RULES: TransactionRules = {
  lookFirstMs: 50,
  lookLongestMs: 2_000,
  replaceAfterMs: 60_000,
  maxReplacements: 5,
  maxUnderpriced: 24,
  silentMs: 180_000,
};

export type TransactionInput =
  | { readonly type: 'start' }
  /** What became of a broadcast. `silent`: no answer, so the node may have it or not. */
  | { readonly type: 'broadcast'; readonly outcome: 'taken' | 'underpriced' | 'nonceTooLow' | 'refused' | 'silent' }
  /** What a look showed; `count`: transactions of the account in blocks, the next free nonce. */
  | { readonly type: 'seen'; readonly mined: boolean; readonly count: number; readonly fees: TransactionFees }
  /** A look without an answer. */
  | { readonly type: 'unseen' };

export type TransactionOutput =
  | { readonly type: 'send'; readonly fees: TransactionFees }
  | { readonly type: 'look' }
  | { readonly type: 'over'; readonly how: TransactionEnd };

export type TransactionEnd = 'mined' | 'superseded' | 'refused' | 'nonceTooLow' | 'stuck' | 'unreachable';

/** Keeps attempts that follow each other over days from outbidding themselves without end. */
const EXCESS = 4n;

/** Nodes ask for 10 % more before they replace (go-ethereum), some for 12.5 %. Rounded up: 0 becomes 1. */
export function raised({ maxFeePerGas, maxPriorityFeePerGas }: TransactionFees): TransactionFees {
  const more = (fee: Wei) => fee + fee / 8n + 1n;
  return { maxFeePerGas: more(maxFeePerGas), maxPriorityFeePerGas: more(maxPriorityFeePerGas) };
}

/** Enough to replace `sent`, and not below what the network asks for now. */
export function above(sent: TransactionFees, network: TransactionFees): TransactionFees {
  const least = raised(sent);
  return {
    maxFeePerGas: larger(least.maxFeePerGas, network.maxFeePerGas),
    maxPriorityFeePerGas: larger(least.maxPriorityFeePerGas, network.maxPriorityFeePerGas),
  };
}

/** So far above what the network asks for, more money is not what a transaction waits for. */
export function isExcessive(fees: TransactionFees, network: TransactionFees): boolean {
  return fees.maxFeePerGas > EXCESS * network.maxFeePerGas + 1_000n;
}

export class Transaction implements Machine<TransactionInput, TransactionOutput> {
  readonly #nonce: number;
  readonly #rules: TransactionRules;
  /** Nobody pays more than twice the first offer: the caller found *that* worth it. */
  readonly #limit: TransactionFees;
  #fees: TransactionFees;
  #over = false;
  /** A broadcast or a look is under way; the next step waits for its answer. */
  #asking = false;
  /** Some node has, or may have, an attempt. */
  #out = false;
  /** The newest attempt may have been lost on the way. */
  #doubtful = false;
  #replacements = 0;
  #underpriced = 0;
  #superseded = 0;
  #pendingSince = 0;
  #silentSince: number | null = null;
  #lookAfter: number;
  #lookAt: number | null = null;

  constructor(nonce: number, fees: TransactionFees, rules: TransactionRules = TRANSACTION_RULES) {
    this.#nonce = nonce;
    this.#fees = fees;
    this.#rules = rules;
    this.#limit = { maxFeePerGas: 2n * fees.maxFeePerGas, maxPriorityFeePerGas: 2n * fees.maxPriorityFeePerGas };
    this.#lookAfter = rules.lookFirstMs;
  }

  deadline(): Deadline | null {
    if (this.#over || this.#asking || this.#lookAt === null) return null;
    return { at: this.#lookAt, why: 'look for the transaction' };
  }

  handle(input: TransactionInput | Tick, now: number): readonly TransactionOutput[] {
    if (this.#over) return [];
    switch (input.type) {
      case 'start':
        return this.#send();
      case 'broadcast':
        this.#asking = false;
        return this.#broadcast(input.outcome, now);
      case 'seen':
        this.#asking = false;
        return this.#seen(input, now);
      case 'unseen':
        this.#asking = false;
        return this.#silent(now);
      case 'tick':
        if (this.#asking || this.#lookAt === null || now < this.#lookAt) return [];
        return this.#look();
    }
  }

  #broadcast(
    outcome: Extract<TransactionInput, { type: 'broadcast' }>['outcome'],
    now: number,
  ): readonly TransactionOutput[] {
    switch (outcome) {
      case 'taken':
        this.#out = true;
        this.#doubtful = false;
        this.#pendingSince = now;
        return this.#wait(now);
      case 'silent':
        this.#out = true;
        this.#doubtful = true;
        return this.#silent(now);
      case 'underpriced':
        if (++this.#underpriced > this.#rules.maxUnderpriced) return this.#stand(now, 'refused');
        this.#fees = raised(this.#fees);
        return this.#send();
      case 'nonceTooLow':
      case 'refused':
        return this.#stand(now, outcome);
    }
  }

  #seen(
    { mined, count, fees }: Extract<TransactionInput, { type: 'seen' }>,
    now: number,
  ): readonly TransactionOutput[] {
    if (mined) return this.#end('mined');
    // Time in which nothing could be seen is no time in which it was passed over.
    if (this.#silentSince !== null) this.#pendingSince = now;
    this.#silentSince = null;
    if (count > this.#nonce) {
      // The count and the receipt may come from two nodes: ask a second time before believing it.
      return ++this.#superseded > 1 ? this.#end('superseded') : this.#wait(now);
    }
    this.#superseded = 0;
    if (this.#doubtful) return this.#send();
    if (now - this.#pendingSince < this.#rules.replaceAfterMs) return this.#wait(now);
    const next = above(this.#fees, {
      maxFeePerGas: smaller(fees.maxFeePerGas, this.#limit.maxFeePerGas),
      maxPriorityFeePerGas: smaller(fees.maxPriorityFeePerGas, this.#limit.maxPriorityFeePerGas),
    });
    if (++this.#replacements > this.#rules.maxReplacements || isExcessive(next, fees)) return this.#end('stuck');
    this.#fees = next;
    return this.#send();
  }

  /** The newest attempt is refused for good; an earlier one that is out still counts, and may be in a block. */
  #stand(now: number, how: TransactionEnd): readonly TransactionOutput[] {
    if (!this.#out) return this.#end(how);
    this.#doubtful = false;
    this.#pendingSince = now;
    return this.#wait(now);
  }

  #silent(now: number): readonly TransactionOutput[] {
    this.#silentSince ??= now;
    if (now - this.#silentSince >= this.#rules.silentMs) return this.#end('unreachable');
    return this.#wait(now);
  }

  #wait(now: number): readonly TransactionOutput[] {
    this.#lookAt = now + this.#lookAfter;
    this.#lookAfter = Math.min(this.#lookAfter * 1.5, this.#rules.lookLongestMs);
    return [];
  }

  #send(): readonly TransactionOutput[] {
    this.#asking = true;
    this.#lookAt = null;
    return [{ type: 'send', fees: this.#fees }];
  }

  #look(): readonly TransactionOutput[] {
    this.#asking = true;
    this.#lookAt = null;
    return [{ type: 'look' }];
  }

  #end(how: TransactionEnd): readonly TransactionOutput[] {
    this.#over = true;
    this.#lookAt = null;
    return [{ type: 'over', how }];
  }
}
