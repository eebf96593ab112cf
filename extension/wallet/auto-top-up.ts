/**
 * Automatic top-up: whether a deposit that runs low is filled without a question, and with how much. The user's
 * limits decide, and only the user's: the node and the host can ask, never raise. Off by default. Pure.
 */
import * as v from 'valibot';
import { type Address, larger, type Wei } from '../../shared/base/units.ts';
import { WeiSchema } from '../../shared/wire/schema.ts';
import type { Account } from './facts.ts';
import { type Book, MAX_HISTORY } from './ledger-book.ts';
import { dayOf } from './spending.ts';

export const AutoTopUpSchema = v.object({
  on: v.boolean(),
  /** Most that automatic top-ups may move in a calendar day, and month, token wei. */
  perDay: WeiSchema,
  perMonth: WeiSchema,
  /** Most that one channel may hold unspent after an automatic top-up. */
  perChannel: WeiSchema,
  /** Most that the network may take for one, coin wei. */
  maxFee: WeiSchema,
  /** A node that has raised its price is still paid, unasked, up to here, token wei per megabyte; null: each new price is asked for. */
  priceCap: v.nullable(WeiSchema),
});
export type AutoTopUp = v.InferOutput<typeof AutoTopUpSchema>;

/** Why a sheet is shown although it is on. */
export type AutoStop = 'day' | 'month' | 'channel' | 'fee' | 'price' | 'funds' | 'failed';
export type AutoDecision =
  | { readonly act: true; readonly amount: Wei }
  | { readonly act: false; readonly why: AutoStop | 'off' | 'locked' | 'loading' };

export interface AutoFacts {
  readonly limits: AutoTopUp;
  readonly unlocked: boolean;
  readonly account: Account | null;
  readonly book: Book;
  readonly now: number;
  /** As Date#getTimezoneOffset gives it. */
  readonly offsetMinutes: number;
}
export interface AutoAsk {
  readonly payee: Address;
  readonly suggested: Wei;
  readonly minimum: Wei;
  readonly pricePerMB: Wei;
  /** What the user lets us pay this node (`acceptedPrice`). */
  readonly agreedPrice: Wei | null;
  /** What the channel still holds unspent. */
  readonly left: Wei;
  /** Most that the network can take for it; null while unknown. */
  readonly fee: Wei | null;
}

/** What may be paid to a node: what its sheet said, or more where the user's cap allows it. Null: it was never agreed to. */
export function acceptedPrice(agreed: Wei | null, { priceCap }: Pick<AutoTopUp, 'priceCap'>): Wei | null {
  if (agreed === null || priceCap === null) return agreed;
  return larger(agreed, priceCap);
}

/** A failed one is not repeated by itself for so long: a revert costs its fee each time. */
const REST_AFTER_FAILURE = 600_000;

export function decideTopUp(ask: AutoAsk, facts: AutoFacts): AutoDecision {
  const { limits, account, unlocked } = facts;
  if (!limits.on) return no('off');
  if (!unlocked) return no('locked');
  if (account === null || ask.fee === null) return no('loading');
  if (ask.agreedPrice === null || ask.pricePerMB > ask.agreedPrice) return no('price');
  if (failedLately(facts, ask.payee)) return no('failed');
  if (beyondMemory(facts)) return no('month');
  if (ask.fee > limits.maxFee) return no('fee');
  if (ask.fee > account.coin) return no('funds');
  const rooms = [
    ['day', limits.perDay - toppedUp(facts, 'YYYY-MM-DD'.length)],
    ['month', limits.perMonth - toppedUp(facts, 'YYYY-MM'.length)],
    ['channel', limits.perChannel - ask.left],
    ['funds', account.token],
  ] as const;
  let amount = larger(ask.suggested, ask.minimum);
  for (const [why, room] of rooms) {
    if (room < ask.minimum || room <= 0n) return no(why);
    if (room < amount) amount = room;
  }
  return { act: true, amount };
}

/** Moved by automatic top-ups in the day (or month) of now, also by those still on their way. */
export function toppedUp(
  { book, now, offsetMinutes }: Pick<AutoFacts, 'book' | 'now' | 'offsetMinutes'>,
  length: number,
): Wei {
  const period = dayOf(now, offsetMinutes).slice(0, length);
  return book.history
    .filter(({ kind, auto, status }) => kind === 'topUp' && auto === true && status !== 'failed')
    .filter(({ at }) => dayOf(at, offsetMinutes).startsWith(period))
    .reduce((sum, { amount }) => sum + BigInt(amount), 0n);
}

/** The book is full and begins within this month: what was moved before its first entry nobody knows. */
function beyondMemory({ book, now, offsetMinutes }: AutoFacts): boolean {
  const oldest = book.history.at(-1);
  if (!oldest || book.history.length < MAX_HISTORY) return false;
  return dayOf(oldest.at, offsetMinutes).slice(0, 7) === dayOf(now, offsetMinutes).slice(0, 7);
}

function failedLately({ book, now }: AutoFacts, payee: Address): boolean {
  const last = book.history.find((entry) => entry.kind === 'topUp' && entry.payee === payee && entry.auto === true);
  return last?.status === 'failed' && now - last.at < REST_AFTER_FAILURE;
}

function no(why: Extract<AutoDecision, { act: false }>['why']): AutoDecision {
  return { act: false, why };
}
