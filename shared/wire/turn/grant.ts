/**
 * Leave to use a TURN server for a while, as a helper gives it out over HTTP: the form of the TURN REST
 * API (draft-uberti-behave-turn-rest-00), which coturn's `use-auth-secret` understands.
 */
import * as v from 'valibot';
import { parseTurnUri, type TurnServer } from './uri.ts';

/** The path on a helper's relay port. */
export const TURN_GRANT_PATH = '/turn';
export const MAX_GRANT_BYTES = 4_096;
const MAX_SERVERS = 16;
const WEEK_SECONDS = 7 * 24 * 3_600;

const Word = v.pipe(v.string(), v.minLength(1), v.maxLength(256), v.regex(/^[\x21-\x7e]+$/));

/** What the helper answers. */
const GrantBodySchema = v.object({
  /** `<Unix second at which it ends>:<random>`. */
  username: Word,
  /** base64(HMAC-SHA1(secret, username)). */
  password: Word,
  /** Seconds from now. */
  ttl: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(WEEK_SECONDS)),
  uris: v.pipe(v.array(v.pipe(v.string(), v.maxLength(300))), v.minLength(1), v.maxLength(MAX_SERVERS)),
});
export type TurnGrantBody = v.InferOutput<typeof GrantBodySchema>;

export interface TurnGrantAnswer {
  readonly username: string;
  readonly password: string;
  readonly ttlSeconds: number;
  readonly servers: readonly TurnServer[];
}

/** URIs of kinds that we do not speak are left out; null when nothing is left, or it is no grant at all. */
export function parseTurnGrant(json: unknown): TurnGrantAnswer | null {
  const parsed = v.safeParse(GrantBodySchema, json);
  if (!parsed.success) return null;
  const { username, password, ttl, uris } = parsed.output;
  const servers = uris.map(parseTurnUri).filter((server) => server !== null);
  return servers.length > 0 ? { username, password, ttlSeconds: ttl, servers } : null;
}
