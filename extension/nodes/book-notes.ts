/**
 * What Warren remembers of nodes on this computer: the user's marks, prices seen, and the sums of past
 * sessions. Days, not hours: a disk should not tell when somebody was on line. Pure; every list is bounded.
 */
import type { NodeRef } from '../routing/rules.ts';
import type { MarkName } from './book.ts';
import {
  type Book,
  type Known,
  MAX_BLOCKED,
  MAX_FAVOURITES,
  MAX_KNOWN,
  MAX_PRICES,
  MAX_RECENTS,
  type Use,
} from './book-schema.ts';

export function dayOf(at: number): number {
  return Math.floor(at / 86_400_000);
}

/** Nodes in sight today with their prices. The same book when it tells nothing new. */
export function noteSeen(
  book: Book,
  nodes: readonly { readonly did: NodeRef['did']; readonly pricePerMB: bigint }[],
  today: number,
): Book {
  const known = new Map(book.known.map((entry) => [entry.did, entry]));
  let changed = false;
  for (const { did, pricePerMB } of nodes) {
    const before = known.get(did) ?? { did, first: today, last: today, prices: [], use: null };
    const prices = withPrice(before.prices, today, String(pricePerMB));
    if (known.has(did) && before.last === today && prices === before.prices) continue;
    known.set(did, { ...before, last: today, prices });
    changed = true;
  }
  return changed ? { ...book, known: kept([...known.values()], book) } : book;
}

/** A session at a node began: it goes to the front of the recents. */
export function noteBegun(book: Book, node: NodeRef): Book {
  const recents = [node, ...book.recents.filter(({ did }) => did !== node.did)].slice(0, MAX_RECENTS);
  return { ...book, recents };
}

export interface Ended extends Omit<Use, 'sessions' | 'last' | 'spent'> {
  readonly did: NodeRef['did'];
  readonly spent: bigint;
}

export function noteEnded(book: Book, session: Ended, today: number): Book {
  const { did, bytes, spent, top, rttMs, reach } = session;
  const fresh: Known = { did, first: today, last: today, prices: [], use: null };
  const before = book.known.find((entry) => entry.did === did) ?? fresh;
  const use: Use = {
    sessions: (before.use?.sessions ?? 0) + 1,
    bytes: (before.use?.bytes ?? 0) + bytes,
    spent: String(BigInt(before.use?.spent ?? 0) + spent),
    top: top === null ? (before.use?.top ?? null) : Math.max(top, before.use?.top ?? 0),
    rttMs: rttMs ?? before.use?.rttMs ?? null,
    reach: reach ?? before.use?.reach ?? null,
    last: today,
  };
  const others = book.known.filter((entry) => entry.did !== did);
  return { ...book, known: kept([...others, { ...before, last: today, use }], book) };
}

/** A full list lets its oldest mark go, but never a block: then it throws a RangeError. */
export function mark(book: Book, node: NodeRef, name: MarkName, on: boolean): Book {
  const without = {
    favourites: book.favourites.filter(({ did }) => did !== node.did),
    blocked: book.blocked.filter(({ did }) => did !== node.did),
  };
  if (!on)
    return name === 'favourite' ? { ...book, favourites: without.favourites } : { ...book, blocked: without.blocked };
  if (name === 'favourite') return { ...book, favourites: [node, ...without.favourites].slice(0, MAX_FAVOURITES) };
  if (without.blocked.length >= MAX_BLOCKED) throw new RangeError('too many blocked nodes');
  return { ...book, ...without, blocked: [node, ...without.blocked] };
}

/** The user's marks stay; what was learned goes. */
export function forgotten(book: Book): Book {
  return { ...book, recents: [], known: [] };
}

function withPrice(prices: Known['prices'], day: number, wei: string): Known['prices'] {
  const last = prices.at(-1);
  if (last?.wei === wei) return prices;
  // A price that changes by the minute is noted once a day, with its last value.
  const earlier = last?.day === day ? prices.slice(0, -1) : prices;
  return [...earlier, { day, wei }].slice(-MAX_PRICES);
}

/** Over the bound, those go first that were never used nor marked, and of them the longest unseen. */
function kept(known: Known[], book: Book): Known[] {
  if (known.length <= MAX_KNOWN) return known;
  const favourites = new Set(book.favourites.map(({ did }) => did));
  const worth = (entry: Known) => (favourites.has(entry.did) ? 2e6 : entry.use ? 1e6 : 0) + entry.last;
  return known.sort((a, b) => worth(b) - worth(a)).slice(0, MAX_KNOWN);
}
