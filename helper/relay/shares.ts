/** What one source may do in all, whatever its connections: each share is a bucket of its own. */
import { createRateLimit, type RateLimit } from '../rate-limit.ts';
import { LIMITS } from './limits.ts';

export interface Shares {
  readonly events: RateLimit;
  readonly offers: RateLimit;
  readonly queries: RateLimit;
  readonly requests: RateLimit;
}

export function createShares(): Shares {
  return {
    events: createRateLimit(LIMITS.eventsPerSource),
    offers: createRateLimit(LIMITS.offersPerSource),
    queries: createRateLimit(LIMITS.queriesPerSource),
    requests: createRateLimit(LIMITS.requestsPerSource),
  };
}
