/**
 * What was spent, by day. Counted when this browser signs it: the highest amount signed for a channel is a mark
 * that only rises, and each rise belongs to the day on which it was seen. What was signed unseen (another device,
 * a lost profile) is counted when the chain shows the claim, on the day of that block, and marked as an estimate.
 * Fees are paid in another coin and not in here.
 */
import * as v from 'valibot';
import type { Wei } from '../../shared/base/units.ts';
import { WeiSchema } from '../../shared/wire/schema.ts';

const MAX_DAYS = 400;
const MAX_CHANNELS = 500;
const DaySchema = v.pipe(v.string(), v.regex(/^\d{4}-\d{2}-\d{2}$/));

export const SpendingSchema = v.object({
  /** Highest amount known to be signed, by channel id. */
  marks: v.record(v.string(), WeiSchema),
  days: v.pipe(v.array(v.object({ day: DaySchema, seen: WeiSchema, estimated: WeiSchema })), v.maxLength(MAX_DAYS)),
});
export type Spending = v.InferOutput<typeof SpendingSchema>;
export const NOTHING_SPENT: Spending = { marks: {}, days: [] };

export interface Spent {
  readonly amount: Wei;
  /** The part of it that was not seen when it was signed. */
  readonly estimated: Wei;
}

/** Calendar day of a moment where the user is. @param offsetMinutes as Date#getTimezoneOffset gives it. */
export function dayOf(at: number, offsetMinutes: number): string {
  return new Date(at - offsetMinutes * 60_000).toISOString().slice(0, 10);
}

/**
 * A session says what it signed over the life of the channel, and in this session. Of a channel never seen before only
 * the session counts: when the rest was spent nobody here knows.
 */
export function noteSigned(spending: Spending, channel: string, total: Wei, session: Wei, day: string): Spending {
  const mark = spending.marks[channel];
  if (mark !== undefined && total <= mark) return spending;
  if (mark === undefined && total === 0n) return spending;
  const rise = mark === undefined ? session : total - mark;
  const seen = rise < session ? rise : session;
  return raise(spending, channel, total, day, seen, rise - seen);
}

/** The chain shows that so much was claimed: above the mark it was signed unseen. */
export function noteClaimed(spending: Spending, channel: string, claimed: Wei, day: string): Spending {
  const mark = spending.marks[channel] ?? 0n;
  return claimed <= mark ? spending : raise(spending, channel, claimed, day, 0n, claimed - mark);
}

/** @param prefix a day, or the beginning of one: `2026-11` is that month. */
export function spentIn(spending: Spending, prefix: string): Spent {
  const sum = { amount: 0n, estimated: 0n };
  for (const { day, seen, estimated } of spending.days) {
    if (!day.startsWith(prefix)) continue;
    sum.amount += seen + estimated;
    sum.estimated += estimated;
  }
  return sum;
}

function raise(
  { marks, days }: Spending,
  channel: string,
  mark: Wei,
  day: string,
  seen: Wei,
  estimated: Wei,
): Spending {
  const old = days.find((known) => known.day === day) ?? { day, seen: 0n, estimated: 0n };
  const now = { day, seen: old.seen + seen, estimated: old.estimated + estimated };
  const others = days.filter((known) => known.day !== day);
  const sorted = [...others, now].sort((a, b) => (a.day < b.day ? 1 : -1));
  // The channel that rose stands last, so that the oldest are dropped when there are too many.
  const { [channel]: _, ...rest } = marks;
  const kept = Object.entries(rest).slice(-(MAX_CHANNELS - 1));
  return { marks: { ...Object.fromEntries(kept), [channel]: mark }, days: sorted.slice(0, MAX_DAYS) };
}
