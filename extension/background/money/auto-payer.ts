/** Fills deposits that run low, within the user's limits; what it may not do stays a question, with the reason. */
import type { Address } from '../../../shared/base/units.ts';
import type { Approval } from '../../messages.ts';
import type { PreparedApproval } from '../../wallet/approvals.ts';
import { type AutoDecision, type AutoStop, acceptedPrice, decideTopUp } from '../../wallet/auto-top-up.ts';
import { channelSpent } from '../../wallet/channel-state.ts';
import { channelKey } from '../../wallet/fees.ts';
import { agreedPrice } from '../../wallet/ledger-book.ts';
import type { ChainAction } from '../../wallet/transactions.ts';
import type { Purse } from '../wallet-keeper.ts';
import type { BookKeeper } from './book-keeper.ts';
import type { ChainFacts } from './chain-facts.ts';
import type { LedgerKeeper } from './ledger-keeper.ts';
import type { LimitsKeeper } from './limits-keeper.ts';

export interface AutoPayerParts {
  readonly book: BookKeeper;
  readonly facts: ChainFacts;
  readonly ledger: LedgerKeeper;
  readonly limits: LimitsKeeper;
  readonly wallet: Purse;
  readonly now: () => number;
  readonly approve: (id: string, amount: bigint) => Promise<void>;
  readonly onChange: () => void;
}

export class AutoPayer {
  /** Why a question was left to the user, by approval id. */
  readonly stops = new Map<string, AutoStop>();
  private readonly running = new Set<string>();
  private readonly parts: AutoPayerParts;

  constructor(parts: AutoPayerParts) {
    this.parts = parts;
  }

  /** What the host may pay a node without asking; nothing for one that was never agreed to. */
  priceFor(payee: Address): bigint {
    const { book, limits } = this.parts;
    return acceptedPrice(agreedPrice(book.current, payee), limits.current) ?? 0n;
  }

  /** The limits are other ones: what was left to the user is looked at once more. */
  lookAgain(): void {
    this.stops.clear();
  }

  consider(questions: readonly PreparedApproval[]): void {
    if (!this.parts.limits.current.on) return;
    for (const { view, action, askedAt } of questions) {
      // A top-up that the user asked for is the user's to answer; one that failed is not tried again by itself.
      if (action.kind !== 'topUp' || askedAt === null) continue;
      if (this.running.has(view.id) || this.stops.get(view.id) === 'failed') continue;
      const decision = this.decide(action, view);
      if (decision.act) this.pay(view.id, decision.amount);
      else if (decision.why !== 'off' && decision.why !== 'locked' && decision.why !== 'loading')
        this.stop(view.id, decision.why);
    }
  }

  private pay(id: string, amount: bigint): void {
    this.stops.delete(id);
    this.running.add(id);
    this.parts
      .approve(id, amount)
      .catch(() => this.stop(id, 'failed'))
      .finally(() => this.running.delete(id));
  }

  private decide(action: Extract<ChainAction, { kind: 'topUp' }>, view: Approval): AutoDecision {
    const { book, facts, ledger, limits, wallet } = this.parts;
    const channel = facts.channels.get(channelKey(action.payee, action.signer));
    const signed = wallet.address ? ledger.signed(wallet.address, action) : 0n;
    const now = this.parts.now();
    return decideTopUp(
      {
        payee: action.payee,
        suggested: action.amount,
        minimum: BigInt(view.minAmount),
        pricePerMB: BigInt(view.pricePerMB ?? 0),
        agreedPrice: this.priceFor(action.payee),
        left: channel ? channel.deposit - channelSpent(channel, signed) : 0n,
        fee: view.maxFee === null ? null : BigInt(view.maxFee),
      },
      {
        limits: limits.current,
        unlocked: wallet.unlocked,
        account: facts.account,
        book: book.current,
        now,
        offsetMinutes: new Date(now).getTimezoneOffset(),
      },
    );
  }

  private stop(id: string, why: AutoStop): void {
    if (this.stops.get(id) === why) return;
    this.stops.set(id, why);
    this.parts.onChange();
  }
}
