/**
 * The account's ledger: what the chain recorded, kept here so that each look asks only for what is new.
 * Pure; events come in pages, entries (with what each one changed) go out.
 */
import * as v from 'valibot';
import type { Hex } from '../../shared/base/bytes.ts';
import type { Address, Wei } from '../../shared/base/units.ts';
import { type HistoryPage, type LedgerEvent, LedgerEventSchema } from '../../shared/wire/native.ts';
import { AddressSchema, CountSchema, WeiSchema } from '../../shared/wire/schema.ts';

/** Older events are folded into `carried`: amounts stay right, the rows are gone. */
const MAX_EVENTS = 4_000;
/** Blocks that are read again each time: what a reorganisation took back goes, what it brought comes. */
export const OVERLAP = 16;

export const LedgerSchema = v.object({
  account: AddressSchema,
  chainId: CountSchema,
  channels: AddressSchema,
  /** First block that was looked at, and the first that was not. Null before the first look. */
  since: v.nullable(CountSchema),
  next: v.nullable(CountSchema),
  head: CountSchema,
  events: v.pipe(v.array(LedgerEventSchema), v.maxLength(MAX_EVENTS)),
  /** What channels held before the oldest event here. */
  carried: v.record(v.string(), v.object({ deposit: WeiSchema, claimed: WeiSchema })),
});
export type Ledger = v.InferOutput<typeof LedgerSchema>;

export interface OwnChannel {
  readonly id: Hex;
  readonly payee: Address;
  readonly signer: Address;
  readonly graceMinutes: number;
}

export type LedgerEntryKind = 'open' | 'topUp' | 'claim' | 'requestClose' | 'refund' | 'received' | 'sent';
export interface LedgerEntry {
  readonly id: string;
  readonly kind: LedgerEntryKind;
  readonly block: number;
  readonly hash: Hex;
  /** Unix seconds. */
  readonly time: number;
  /** What this event moved, token wei; nothing for a notice. */
  readonly amount: Wei;
  readonly payee: Address | null;
  readonly signer: Address | null;
  /** The other side of a transfer. */
  readonly counterparty: Address | null;
}

export function emptyLedger(account: Address, chainId: number, channels: Address): Ledger {
  return { account, chainId, channels, since: null, next: null, head: 0, events: [], carried: {} };
}

/** Where to go on: a little before what was seen. Undefined at first. */
export function nextQuestion({ next, since }: Ledger): number | undefined {
  return next === null ? undefined : Math.max(since ?? 0, next - OVERLAP);
}

/** Everything from the page's first block on is replaced by what the page says. */
export function addPage(ledger: Ledger, page: HistoryPage): Ledger {
  const kept = ledger.events.filter(({ block }) => block < page.from);
  const all = [...kept, ...page.events];
  const dropped = all.slice(0, Math.max(0, all.length - MAX_EVENTS));
  return {
    ...ledger,
    since: ledger.since ?? page.from,
    next: page.next,
    head: page.head,
    events: all.slice(dropped.length),
    carried: dropped.length === 0 ? ledger.carried : totalsAfter(ledger.carried, dropped),
  };
}

/** Channels that the chain says were opened by this account, newest first. */
export function openedChannels({ events }: Ledger): OwnChannel[] {
  return events
    .flatMap((event) => {
      if (event.event !== 'opened') return [];
      const { id, payee, signer, graceMinutes } = event;
      return [{ id: id as Hex, payee, signer, graceMinutes }];
    })
    .reverse();
}

/** Newest first. @param known channels whose opening is not among the events. */
export function ledgerEntries(ledger: Ledger, known: readonly OwnChannel[] = []): LedgerEntry[] {
  const totals = new Map<string, Totals>(Object.entries(ledger.carried));
  const parties = new Map([...known, ...openedChannels(ledger)].map((channel) => [channel.id as string, channel]));
  const opening = new Set<string>();
  const entries = ledger.events.flatMap((event) => entryOf(event, ledger.account, totals, parties, opening) ?? []);
  return entries.reverse();
}

interface Totals {
  readonly deposit: Wei;
  readonly claimed: Wei;
}
const NOTHING: Totals = { deposit: 0n, claimed: 0n };

function entryOf(
  event: LedgerEvent,
  account: Address,
  totals: Map<string, Totals>,
  parties: ReadonlyMap<string, OwnChannel>,
  opening: Set<string>,
): LedgerEntry | null {
  const { block, hash, time, logIndex } = event;
  const base = { id: `${hash}:${logIndex}`, block, hash: hash as Hex, time };
  if (event.event === 'transfer') {
    const sent = event.from === account;
    const counterparty = sent ? event.to : event.from;
    const kind = sent ? 'sent' : 'received';
    return { ...base, kind, amount: event.amount, payee: null, signer: null, counterparty };
  }
  const { payee = null, signer = null } = parties.get(event.id) ?? {};
  const entry = (kind: LedgerEntryKind, amount: Wei) => ({
    ...base,
    kind,
    amount,
    payee,
    signer,
    counterparty: null,
  });
  const before = totals.get(event.id) ?? NOTHING;
  totals.set(event.id, totalsWith(before, event));
  switch (event.event) {
    case 'opened':
      opening.add(event.id);
      return null;
    case 'deposited':
      return entry(opening.delete(event.id) ? 'open' : 'topUp', event.total - before.deposit);
    case 'claimed':
      return entry('claim', event.total - before.claimed);
    case 'closeRequested':
      return entry('requestClose', 0n);
    case 'refunded':
      return event.amount === 0n ? null : entry('refund', event.amount);
  }
}

function totalsWith(before: Totals, event: LedgerEvent): Totals {
  if (event.event === 'deposited') return { ...before, deposit: event.total };
  if (event.event === 'claimed') return { ...before, claimed: event.total };
  return event.event === 'refunded' ? { ...before, deposit: before.deposit - event.amount } : before;
}

function totalsAfter(carried: Ledger['carried'], events: readonly LedgerEvent[]): Ledger['carried'] {
  const totals: Ledger['carried'] = { ...carried };
  for (const event of events)
    if (event.event !== 'transfer') totals[event.id] = totalsWith(totals[event.id] ?? NOTHING, event);
  return totals;
}
