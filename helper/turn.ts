/**
 * Passes for the TURN relay that stands beside this helper: whoever asks gets one for an hour. The relay
 * (coturn with `use-auth-secret`) shares the secret and checks them by itself; nothing is stored.
 */
import { createHmac, randomBytes } from 'node:crypto';
import type { TurnGrantBody } from '../shared/wire/turn/grant.ts';
import type { Metrics } from './metrics.ts';
import { createRateLimit } from './rate-limit.ts';

export interface TurnOptions {
  readonly uris: readonly string[];
  /** The relay's `static-auth-secret`. */
  readonly secret: string;
  readonly ttlSeconds: number;
}

/** A client asks once an hour and session; some thousands of people may stand behind one carrier's address. */
const PER_SOURCE = { perSecond: 1, burst: 120 };
const RANDOM_BYTES = 9;

export interface TurnGrants {
  /** Null when this source has had enough. @param now epoch ms. */
  mint(source: string, now: number): TurnGrantBody | null;
}

export function createTurnGrants({ uris, secret, ttlSeconds }: TurnOptions, metrics: Metrics): TurnGrants {
  const limit = createRateLimit(PER_SOURCE);
  return {
    mint(source, now) {
      const allowed = limit.take(source, now);
      metrics.count('warren_turn_grants_total', { outcome: allowed ? 'given' : 'limited' });
      if (!allowed) return null;
      // Random, so that no two passes tell that they are one person's.
      const username = `${Math.floor(now / 1000) + ttlSeconds}:${randomBytes(RANDOM_BYTES).toString('base64url')}`;
      const password = createHmac('sha1', secret).update(username).digest('base64');
      return { username, password, ttl: ttlSeconds, uris: [...uris] };
    },
  };
}
