/** What the wallet remembers of its own doings: channels it opened and actions it sent. Data and its border. */
import * as v from 'valibot';
import type { Address } from '../../shared/base/units.ts';
import { AddressSchema, CountrySchema, HexSchema } from '../../shared/wire/schema.ts';

const WeiText = v.pipe(v.string(), v.regex(/^\d{1,30}$/));
const Label = v.nullable(v.pipe(v.string(), v.maxLength(120)));
export const MAX_HISTORY = 200;
export const MAX_REASON = 400;
const MAX_CHANNELS = 500;

export const KnownChannelSchema = v.object({
  payee: AddressSchema,
  signer: AddressSchema,
  country: v.nullable(CountrySchema),
  label: Label,
  graceMinutes: v.number(),
  /** What the user last agreed to pay this node, wei per megabyte. */
  pricePerMB: v.optional(WeiText),
});
export type KnownChannel = v.InferOutput<typeof KnownChannelSchema>;

export const EntrySchema = v.object({
  id: v.pipe(v.string(), v.maxLength(200)),
  kind: v.picklist(['open', 'topUp', 'requestClose', 'withdraw', 'refund', 'approve', 'send', 'sendCoin']),
  at: v.number(),
  /** Null for what concerns no channel. */
  payee: v.nullable(AddressSchema),
  signer: v.optional(AddressSchema),
  /** The account that sent it. */
  from: v.optional(AddressSchema),
  /** Whom tokens or coins were sent to. */
  to: v.optional(AddressSchema),
  country: v.nullable(CountrySchema),
  amount: WeiText,
  hash: v.nullable(HexSchema(32)),
  status: v.picklist(['pending', 'confirmed', 'failed']),
  confirmations: v.number(),
  nonce: v.nullable(v.number()),
  permitNonce: v.nullable(WeiText),
  /** `since` of the exit phase that asked for it: the same ask is not shown twice. */
  askedAt: v.nullable(v.number()),
  /** What the network took, coin wei; known once mined. */
  fee: v.optional(WeiText),
  /** Why it failed: the contract's words, or `replaced` when another transaction took its nonce. */
  reason: v.optional(v.pipe(v.string(), v.maxLength(MAX_REASON))),
  /** Sent by automatic top-up, without a sheet. */
  auto: v.optional(v.boolean()),
});
export type Entry = v.InferOutput<typeof EntrySchema>;

export const BookSchema = v.object({
  channels: v.pipe(v.array(KnownChannelSchema), v.maxLength(MAX_CHANNELS)),
  history: v.pipe(v.array(EntrySchema), v.maxLength(MAX_HISTORY)),
});
export type Book = v.InferOutput<typeof BookSchema>;

export const EMPTY_BOOK: Book = { channels: [], history: [] };

export function addEntry(book: Book, entry: Entry): Book {
  if (book.history.some((known) => known.id === entry.id)) return book;
  return { ...book, history: [entry, ...book.history].slice(0, MAX_HISTORY) };
}

export function changeEntry(book: Book, id: string, change: Partial<Entry>): Book {
  return { ...book, history: book.history.map((entry) => (entry.id === id ? { ...entry, ...change } : entry)) };
}

export function addChannel(book: Book, channel: KnownChannel): Book {
  const others = book.channels.filter((known) => known.payee !== channel.payee || known.signer !== channel.signer);
  return { ...book, channels: [channel, ...others].slice(0, MAX_CHANNELS) };
}

/** Channels that only the chain remembers: of a wallet that was imported, or another device. */
export function learnChannels(book: Book, opened: readonly Omit<KnownChannel, 'country' | 'label'>[]): Book {
  const fresh = opened.filter(
    ({ payee, signer }) => !book.channels.some((known) => known.payee === payee && known.signer === signer),
  );
  if (fresh.length === 0) return book;
  const learnt = fresh.map(({ payee, signer, graceMinutes }) => {
    return { payee, signer, graceMinutes, country: null, label: null };
  });
  return { ...book, channels: [...book.channels, ...learnt].slice(0, MAX_CHANNELS) };
}

/** Agreed in an approval sheet. Null when this book knows no channel of the payee. */
export function agreedPrice(book: Book, payee: Address): bigint | null {
  const known = book.channels.find((channel) => channel.payee === payee);
  return known?.pricePerMB === undefined ? null : BigInt(known.pricePerMB);
}

export function agreePrice(book: Book, payee: Address, pricePerMB: string): Book {
  const channels = book.channels.map((known) => (known.payee === payee ? { ...known, pricePerMB } : known));
  return { ...book, channels };
}

/**
 * Nonces for the next transaction: the chain's, or one past our newest that is still on its way, so
 * that two approvals in a row do not replace each other and their permits stay valid in order.
 */
export function nextNonces(
  book: Book,
  chain: { readonly nonce: number; readonly permitNonce: bigint },
): { nonce: number; permitNonce: bigint } {
  let { nonce, permitNonce } = chain;
  for (const entry of book.history) {
    if (entry.status !== 'pending') continue;
    if (entry.nonce !== null && entry.nonce >= nonce) nonce = entry.nonce + 1;
    if (entry.permitNonce !== null && BigInt(entry.permitNonce) >= permitNonce)
      permitNonce = BigInt(entry.permitNonce) + 1n;
  }
  return { nonce, permitNonce };
}
