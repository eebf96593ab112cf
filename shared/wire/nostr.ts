/**
 * The Nostr wire protocol as far as Warren speaks it: events and filters (NIP-01), deletion (NIP-09),
 * expiration (NIP-40), with bounds on every size. Signatures are checked elsewhere: this is shape only.
 */
import * as v from 'valibot';
import { CountSchema } from './schema.ts';

/** Largest frame either way: one signal of 16 KiB as base64, with its envelope. */
export const MAX_RELAY_FRAME_BYTES = 32_768;
export const DELETION_KIND = 5;

const Hex32 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const Tag = v.pipe(v.array(v.pipe(v.string(), v.maxLength(512))), v.minLength(1), v.maxLength(16));

export const NostrEventSchema = v.object({
  id: Hex32,
  pubkey: Hex32,
  created_at: CountSchema,
  kind: v.pipe(CountSchema, v.maxValue(65_535)),
  tags: v.pipe(v.array(Tag), v.maxLength(32)),
  content: v.pipe(v.string(), v.maxLength(24_576)),
  sig: v.pipe(v.string(), v.regex(/^[0-9a-f]{128}$/)),
});
export type NostrEvent = v.InferOutput<typeof NostrEventSchema>;
export type UnsignedEvent = Omit<NostrEvent, 'id' | 'pubkey' | 'sig'>;

/** A filter as it goes over the wire. `#x` keys are tag queries. */
export interface NostrFilter {
  readonly ids?: readonly string[];
  readonly authors?: readonly string[];
  readonly kinds?: readonly number[];
  readonly since?: number;
  readonly until?: number;
  readonly limit?: number;
  readonly [tag: `#${string}`]: readonly string[];
}

const Strings = v.pipe(v.array(v.pipe(v.string(), v.maxLength(128))), v.maxLength(256));
const FilterSchema = v.objectWithRest(
  {
    ids: v.optional(Strings),
    authors: v.optional(Strings),
    kinds: v.optional(v.pipe(v.array(CountSchema), v.maxLength(16))),
    since: v.optional(CountSchema),
    until: v.optional(CountSchema),
    limit: v.optional(CountSchema),
  },
  v.unknown(),
);
const TAG_QUERY = /^#[a-zA-Z]$/;
const MAX_TAG_QUERIES = 8;

/** A stranger's event, or null. */
export function parseEvent(value: unknown): NostrEvent | null {
  const result = v.safeParse(NostrEventSchema, value);
  return result.success ? result.output : null;
}

/** A stranger's filter, or null. Keys other than NIP-01's are refused: silently ignoring one would widen the query. */
export function parseFilter(value: unknown): NostrFilter | null {
  const result = v.safeParse(FilterSchema, value);
  if (!result.success) return null;
  const { ids, authors, kinds, since, until, limit, ...rest } = result.output;
  if (Object.keys(rest).length > MAX_TAG_QUERIES) return null;
  const tags: Record<`#${string}`, readonly string[]> = {};
  for (const [name, values] of Object.entries(rest)) {
    const parsed = v.safeParse(Strings, values);
    if (!TAG_QUERY.test(name) || !parsed.success) return null;
    tags[name as `#${string}`] = parsed.output;
  }
  const plain = Object.fromEntries(
    Object.entries({ ids, authors, kinds, since, until, limit }).filter(([, given]) => given !== undefined),
  );
  return { ...plain, ...tags };
}

/** NIP-01: every condition of the filter holds. `limit` is not one of them. */
export function matchesFilter(filter: NostrFilter, event: NostrEvent): boolean {
  if (filter.ids && !filter.ids.includes(event.id)) return false;
  if (filter.authors && !filter.authors.includes(event.pubkey)) return false;
  if (filter.kinds && !filter.kinds.includes(event.kind)) return false;
  if (filter.since !== undefined && event.created_at < filter.since) return false;
  if (filter.until !== undefined && event.created_at > filter.until) return false;
  return tagQueries(filter).every(([name, values]) =>
    event.tags.some((t) => t[0] === name && values.includes(t[1] ?? '')),
  );
}

/** The tag queries of a filter: name without `#`, and the values of which one must be there. */
export function tagQueries(filter: NostrFilter): readonly (readonly [name: string, values: readonly string[]])[] {
  return Object.entries(filter)
    .filter(([name]) => name.startsWith('#'))
    .map(([name, values]) => [name.slice(1), values as readonly string[]]);
}

/** The first value of a tag. */
export function tagOf(event: Pick<NostrEvent, 'tags'>, name: string): string | undefined {
  return event.tags.find((tag) => tag[0] === name)?.[1];
}

/** NIP-40: Unix seconds, or null when the tag is absent or no number. */
export function expirationOf(event: Pick<NostrEvent, 'tags'>): number | null {
  const text = tagOf(event, 'expiration');
  return text !== undefined && /^\d{1,12}$/.test(text) ? Number(text) : null;
}

/** What a replaceable event is known under (NIP-01: kind, key, `d`). */
export function addressOf(event: NostrEvent): string {
  return `${event.kind}:${event.pubkey}:${tagOf(event, 'd') ?? ''}`;
}
