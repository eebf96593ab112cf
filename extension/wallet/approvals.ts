/** What the user is asked to agree to, derived from what exits need and what the user asked for. Pure. */
import type { Address } from '../../shared/base/units.ts';
import type { Exit } from '../../shared/wire/native.ts';
import type { Approval } from '../messages.ts';
import type { Account, ChannelFacts } from './facts.ts';
import type { Book } from './ledger-book.ts';
import { type ChainAction, type ChainActionKind, worstFee } from './transactions.ts';

export type AskedKind = Exclude<ChainActionKind, 'open'>;
/** The user pressed a button on a channel. */
export interface Asked {
  readonly kind: AskedKind;
  readonly payee: Address;
}

export interface ApprovalFacts {
  readonly exits: readonly Exit[];
  readonly asked: readonly Asked[];
  readonly rejected: ReadonlySet<string>;
  readonly book: Book;
  readonly account: Account | null;
  readonly channels: ReadonlyMap<Address, ChannelFacts>;
}

export interface PreparedApproval {
  readonly view: Approval;
  /** The action with the suggested amount. */
  readonly action: ChainAction;
  readonly minAmount: bigint;
  readonly askedAt: number | null;
}

/** Suggested top-up on the user's own wish: as much again as was put in, at least a token's worth of wei. */
const MIN_TOP_UP = 1n;

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
      ...money(kind, need.minDeposit, facts.account),
    },
  };
}

function fromAsked(asked: Asked, facts: ApprovalFacts): PreparedApproval | null {
  const { kind, payee } = asked;
  const known = facts.book.channels.find((channel) => channel.payee === payee);
  const channel = facts.channels.get(payee);
  if (!known || !channel) return null;
  const { signer, country, label } = known;
  const rest = channel.deposit - channel.claimed;
  const amount = kind === 'topUp' ? affordable(channel.deposit, MIN_TOP_UP, facts.account) : rest;
  const exit = facts.exits.find((candidate) => candidate.node?.payee === payee);
  return {
    action: kind === 'topUp' ? { kind, payee, signer, amount } : { kind, payee, signer },
    minAmount: kind === 'topUp' ? MIN_TOP_UP : 0n,
    askedAt: null,
    view: {
      id: `asked:${kind}:${payee}`,
      kind,
      payee,
      node: country ? { country, city: label ?? undefined, network: exit?.node?.network ?? null } : null,
      amount: String(amount),
      minAmount: kind === 'topUp' ? String(MIN_TOP_UP) : '0',
      editable: kind === 'topUp',
      pricePerMB: exit?.pricePerMB == null ? null : String(exit.pricePerMB),
      graceMinutes: channel.graceMinutes,
      ...money(kind, kind === 'topUp' ? MIN_TOP_UP : 0n, facts.account),
    },
  };
}

function money(kind: ChainActionKind, needed: bigint, account: Account | null): Pick<Approval, 'maxFee' | 'problem'> {
  if (account === null) return { maxFee: null, problem: 'loading' };
  const fee = worstFee(kind, account.maxFeePerGas);
  const problem = account.token < needed ? 'token' : account.coin < fee ? 'coin' : null;
  return { maxFee: String(fee), problem };
}

function affordable(suggested: bigint, minimum: bigint, account: Account | null): bigint {
  if (account === null || account.token >= suggested) return suggested;
  return account.token > minimum ? account.token : minimum;
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
