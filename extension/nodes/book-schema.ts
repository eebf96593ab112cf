/** The book of nodes as it lies on the disk: every list in it is bounded. */
import * as v from 'valibot';
import { DidSchema } from '../../shared/wire/schema.ts';
import { NodeRefSchema } from '../routing/rules.ts';

export const MAX_FAVOURITES = 100;
/** The host takes 256 (IntentSchema). */
export const MAX_BLOCKED = 256;
export const MAX_RECENTS = 8;
export const MAX_KNOWN = 1_000;
export const MAX_PRICES = 24;

/** Days since 1970. */
const Day = v.pipe(v.number(), v.integer(), v.minValue(0));
const Count = v.pipe(v.number(), v.integer(), v.minValue(0));
const Wei = v.pipe(v.string(), v.regex(/^\d{1,39}$/));

/** How the tunnel reached a node, and by which kind of its addresses (RFC 8445). */
export const ReachSchema = v.object({
  kind: v.picklist(['direct', 'lan', 'relay']),
  remote: v.picklist(['host', 'srflx', 'prflx', 'relay']),
});
export type Reach = v.InferOutput<typeof ReachSchema>;

export const UseSchema = v.object({
  sessions: Count,
  /** Both ways. */
  bytes: Count,
  spent: Wei,
  /** Best speed over some seconds, bytes a second; null while nothing large was loaded. */
  top: v.nullable(Count),
  /** Round trip through the tunnel's path, ms, of the last session. */
  rttMs: v.nullable(v.number()),
  reach: v.nullable(ReachSchema),
  last: Day,
});
export type Use = v.InferOutput<typeof UseSchema>;

export const KnownSchema = v.object({
  did: DidSchema,
  first: Day,
  last: Day,
  /** Each change of price, oldest first. */
  prices: v.pipe(v.array(v.object({ day: Day, wei: Wei })), v.maxLength(MAX_PRICES)),
  use: v.nullable(UseSchema),
});
export type Known = v.InferOutput<typeof KnownSchema>;

export const BookSchema = v.object({
  version: v.literal(1),
  favourites: v.pipe(v.array(NodeRefSchema), v.maxLength(MAX_FAVOURITES)),
  blocked: v.pipe(v.array(NodeRefSchema), v.maxLength(MAX_BLOCKED)),
  /** Newest first. */
  recents: v.pipe(v.array(NodeRefSchema), v.maxLength(MAX_RECENTS)),
  known: v.pipe(v.array(KnownSchema), v.maxLength(MAX_KNOWN)),
});
export type Book = v.InferOutput<typeof BookSchema>;
