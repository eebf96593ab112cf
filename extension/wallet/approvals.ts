/** What the user is asked to agree to, derived from what exits need and what the user asked for. Pure. */
import type { Address, Wei } from '../../shared/base/units.ts';
import type { Exit } from '../../shared/wire/native.ts';
import type { Approval } from '../messages.ts';
import { type Asked, fromAsked } from './asked.ts';
import type { AutoStop } from './auto-top-up.ts';
import { affordable, type MoneyFacts, money } from './fees.ts';
import type { Book } from './ledger-book.ts';
import type { ChainAction, ChainActionKind } from './transactions.ts';

export interface ApprovalFacts extends MoneyFacts {
  readonly exits: readonly Exit[];
  readonly asked: readonly Asked[];
  readonly rejected: ReadonlySet<string>;
  /** Why automatic top-up left a question to the user, by approval id. */
  readonly autoStops?: ReadonlyMap<string, AutoStop>;
}

export interface PreparedApproval {
  readonly view: Approval;
  /** The action with the suggested amount. */
  readonly action: ChainAction;
  readonly minAmount: Wei;
  readonly askedAt: number | null;
}

export function prepareApprovals(facts: ApprovalFacts): PreparedApproval[] {
  const byExits = facts.exits.flatMap((exit) => fromNeed(exit, facts) ?? []);
  const byUser = facts.asked.flatMap((asked) => fromAsked(asked, facts) ?? []);
  const seen = new Set<string>();
  return [...byUser, ...byExits].filter(({ view }) => !seen.has(view.id) && seen.add(view.id));
}

/** Stable while the need is the same; a new phase of the exit is a new question. */
export function needId(exit: Exit): string | null {
  return exit.need?.kind === 'channel' ? `${exit.need.action}:${exit.need.payee}:${exit.since}` : null;
}

function fromNeed(exit: Exit, facts: ApprovalFacts): PreparedApproval | null {
  const { need } = exit;
  const id = needId(exit);
  if (need?.kind !== 'channel' || id === null || facts.rejected.has(id)) return null;
  const { payee, signer, action: kind, graceMinutes } = need;
  if (underWay(facts.book, kind, payee, exit.since)) return null;
  const amount = affordable(need.suggestedDeposit, need.minDeposit, facts.account);
  const action: ChainAction =
    kind === 'open' ? { kind, payee, signer, amount, graceMinutes } : { kind, payee, signer, amount };
  return {
    action,
    minAmount: need.minDeposit,
    askedAt: exit.since,
    view: {
      id,
      kind,
      payee,
      node: exit.node && { country: exit.node.country, city: exit.node.city, network: exit.node.network },
      amount: String(amount),
      minAmount: String(need.minDeposit),
      editable: true,
      pricePerMB: String(need.pricePerMB),
      graceMinutes,
      autoStop: facts.autoStops?.get(id) ?? null,
      to: null,
      ...money(action, need.minDeposit, facts),
    },
  };
}

/** Already sent for this very ask, or still on its way: the host has only not seen it on chain yet. */
function underWay(book: Book, kind: ChainActionKind, payee: Address, askedAt: number): boolean {
  return book.history.some(
    (entry) =>
      entry.kind === kind &&
      entry.payee === payee &&
      (entry.status === 'pending' || (entry.status === 'confirmed' && entry.askedAt === askedAt)),
  );
}
