/** One list out of two: what the chain recorded, and what this wallet sent that is not there yet (or never will be). Pure. */
import type { HistoryEntry } from '../messages.ts';
import type { LedgerEntry } from './ledger.ts';
import type { Book, Entry, KnownChannel } from './ledger-book.ts';

export interface HistoryFacts {
  readonly book: Book;
  readonly entries: readonly LedgerEntry[];
  /** Newest block that is known. */
  readonly head: number;
  readonly confirmations: number;
}

/** What a local entry is called on the chain. */
const ON_CHAIN: Partial<Record<Entry['kind'], LedgerEntry['kind']>> = {
  open: 'open',
  topUp: 'topUp',
  requestClose: 'requestClose',
  withdraw: 'refund',
  refund: 'refund',
  send: 'sent',
};

/** Newest first; what is on its way above everything. */
export function historyOf({ book, entries, head, confirmations }: HistoryFacts): HistoryEntry[] {
  const unmatched = new Set(book.history);
  const fromChain = entries.map((entry) => {
    const own = [...unmatched].find((local) => isSame(local, entry));
    if (own) unmatched.delete(own);
    return chainEntry(entry, own, book.channels, head - entry.block + 1, confirmations);
  });
  const local = [...unmatched].map((entry) => localEntry(entry, book.channels));
  const all = [...local, ...fromChain];
  const waiting = all.filter(({ status }) => status === 'pending');
  const rest = all.filter(({ status }) => status !== 'pending');
  return [...waiting, ...rest.sort((a, b) => b.at - a.at)];
}

/** The list is made anew only when something in it changed: it is asked for several times a second. */
export class HistoryMemo {
  private facts: HistoryFacts | null = null;
  private list: readonly HistoryEntry[] = [];

  of(facts: HistoryFacts): readonly HistoryEntry[] {
    const last = this.facts;
    const same =
      last?.book === facts.book &&
      last.entries === facts.entries &&
      last.head === facts.head &&
      last.confirmations === facts.confirmations;
    if (!same) {
      this.facts = facts;
      this.list = historyOf(facts);
    }
    return this.list;
  }
}

function isSame(local: Entry, entry: LedgerEntry): boolean {
  if (ON_CHAIN[local.kind] !== entry.kind) return false;
  if (local.hash !== null) return local.hash === entry.hash;
  // What a node paid back is noted before its transaction is known.
  return local.kind === 'refund' && local.payee === entry.payee && BigInt(local.amount) === entry.amount;
}

function chainEntry(
  entry: LedgerEntry,
  own: Entry | undefined,
  channels: readonly KnownChannel[],
  depth: number,
  needed: number,
): HistoryEntry {
  const { id, kind, time, amount, hash, payee, signer, counterparty, block } = entry;
  const confirmed = depth >= needed;
  return {
    id,
    kind: own?.kind ?? kind,
    at: time * 1000,
    amount: String(amount),
    country: countryOf(channels, payee, signer) ?? own?.country ?? null,
    payee,
    counterparty,
    hash,
    block,
    status: confirmed ? 'confirmed' : 'pending',
    confirmations: Math.max(0, Math.min(depth, needed)),
    fee: own?.fee ?? null,
    reason: null,
    auto: own?.auto ?? false,
    retry: false,
  };
}

function localEntry(entry: Entry, channels: readonly KnownChannel[]): HistoryEntry {
  const { id, kind, at, amount, payee, hash, status, confirmations, fee, reason, auto } = entry;
  return {
    id,
    kind,
    at,
    amount,
    country: entry.country ?? countryOf(channels, payee, entry.signer ?? null) ?? null,
    payee,
    counterparty: entry.to ?? null,
    hash,
    block: null,
    status,
    confirmations,
    fee: fee ?? null,
    reason: reason ?? null,
    auto: auto ?? false,
    // A deposit is asked for anew by its exit; the others by the user.
    retry: status === 'failed' && ['topUp', 'requestClose', 'withdraw', 'send', 'sendCoin'].includes(kind),
  };
}

function countryOf(channels: readonly KnownChannel[], payee: string | null, signer: string | null) {
  return channels.find((known) => known.payee === payee && (signer === null || known.signer === signer))?.country;
}
