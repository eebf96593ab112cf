/** Which nodes a picker shows and in which order. Pure; speeds and latencies are measured, never claimed. */
import type { NodeView } from '../messages.ts';
import type { NodeRef } from '../routing/rules.ts';
import { type Book, has } from './book.ts';

export const ORDERS = ['latency', 'price', 'speed', 'name'] as const;
export type Order = (typeof ORDERS)[number];
export const GROUPS = ['all', 'favourites', 'recents'] as const;
export type Group = (typeof GROUPS)[number];
/** Megabits a second that one may ask for. */
export const SPEEDS = [10, 25, 50, 100] as const;

export interface NodeFilter {
  readonly search: string;
  /** '' for every one. */
  readonly country: string;
  readonly residential: boolean;
  /** wei per megabyte; null for any price. */
  readonly maxPrice: bigint | null;
  /** 0 for any speed. */
  readonly minMbps: number;
  readonly group: Group;
  readonly order: Order;
}

export const NO_FILTER: NodeFilter = {
  search: '',
  country: '',
  residential: false,
  maxPrice: null,
  minMbps: 0,
  group: 'all',
  order: 'latency',
};

export interface Picker {
  readonly nodes: readonly NodeView[];
  readonly book: Book;
  readonly nameOf: (country: string) => string;
}

export function pick({ nodes, book, nameOf }: Picker, filter: NodeFilter): NodeView[] {
  const words = filter.search.toLowerCase().split(/\s+/).filter(Boolean);
  const blocked = new Set(book.blocked.map(({ did }) => did as string));
  const group = groupOf(book, filter.group);
  const top = speedsOf(book);
  const fitting = nodes.filter(
    (node) =>
      !blocked.has(node.did) &&
      (group === null || group.has(node.did)) &&
      (filter.country === '' || node.country === filter.country) &&
      (!filter.residential || node.residential) &&
      (filter.maxPrice === null || BigInt(node.pricePerMB) <= filter.maxPrice) &&
      mbps(top.get(node.did)) >= filter.minMbps &&
      (words.length === 0 || says(haystack(node, nameOf), words)),
  );
  const compare = ORDERINGS[filter.order];
  return fitting.sort(
    (a, b) =>
      Number(b.online) - Number(a.online) ||
      (filter.group === 'recents' && filter.order === 'latency' && group ? rank(group, a) - rank(group, b) : 0) ||
      compare(a, b, { top, nameOf }) ||
      ORDERINGS.latency(a, b, { top, nameOf }) ||
      ORDERINGS.price(a, b, { top, nameOf }),
  );
}

/** Favourites or recents that nobody offers now; blocked ones are not missed. */
export function absent({ nodes, book }: Pick<Picker, 'nodes' | 'book'>, group: Group): NodeRef[] {
  if (group === 'all') return [];
  return book[group].filter(({ did }) => !has(book.blocked, did) && !nodes.some((node) => node.did === did));
}

/** The one to take for each wish out of what is shown; null when none that answers was measured. */
export function best(shown: readonly NodeView[]): {
  readonly fastest: NodeView | null;
  readonly cheapest: NodeView | null;
} {
  const answering = shown.filter(({ online, latencyMs }) => online && latencyMs !== null);
  const facts = { top: new Map<string, number>(), nameOf: (code: string) => code };
  const first = (order: Order, then: Order) =>
    answering.toSorted((a, b) => ORDERINGS[order](a, b, facts) || ORDERINGS[then](a, b, facts))[0] ?? null;
  return { fastest: first('latency', 'price'), cheapest: first('price', 'latency') };
}

/** Best measured speed of each node, bytes a second. */
export function speedsOf(book: Book): ReadonlyMap<string, number> {
  return new Map(book.known.flatMap(({ did, use }) => (use?.top ? [[did as string, use.top] as const] : [])));
}

interface Facts {
  readonly top: ReadonlyMap<string, number>;
  readonly nameOf: (country: string) => string;
}

const ORDERINGS: Record<Order, (a: NodeView, b: NodeView, facts: Facts) => number> = {
  latency: (a, b) => (a.latencyMs ?? 1e9) - (b.latencyMs ?? 1e9),
  price: (a, b) => sign(BigInt(a.pricePerMB) - BigInt(b.pricePerMB)),
  speed: (a, b, { top }) => (top.get(b.did) ?? 0) - (top.get(a.did) ?? 0),
  name: (a, b, { nameOf }) =>
    nameOf(a.country).localeCompare(nameOf(b.country)) || (a.city ?? '').localeCompare(b.city ?? ''),
};

function groupOf(book: Book, group: Group): ReadonlySet<string> | null {
  return group === 'all' ? null : new Set(book[group].map(({ did }) => did as string));
}

function rank(group: ReadonlySet<string>, node: NodeView): number {
  return [...group].indexOf(node.did);
}

function mbps(bytesPerSecond = 0): number {
  return (bytesPerSecond * 8) / 1e6;
}

function haystack(node: NodeView, nameOf: (country: string) => string): string {
  const asn = node.asn === null ? '' : `as${node.asn}`;
  return plainText([nameOf(node.country), node.country, node.city, node.network, asn, node.did].join(' '));
}

/** Every word somewhere: "german telekom" finds what "telekom german" finds. */
function says(text: string, words: readonly string[]): boolean {
  return words.every((word) => text.includes(plainText(word)));
}

/** "Umeå" is found by "umea". */
function plainText(text: string): string {
  return text.toLowerCase().normalize('NFD').replace(/\p{M}/gu, '');
}

function sign(value: bigint): number {
  return value < 0n ? -1 : value > 0n ? 1 : 0;
}
