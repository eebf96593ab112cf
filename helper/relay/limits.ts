/** Every bound of the relay in one place; NIP-11 tells clients the ones that concern them. */
import { MAX_RELAY_FRAME_BYTES } from '../../shared/wire/nostr.ts';

export const LIMITS = {
  frameBytes: MAX_RELAY_FRAME_BYTES,
  /** A proposal with its envelope. */
  proposalEventBytes: 4_096,
  connections: 20_000,
  connectionsPerSource: 256,
  subscriptionsPerConnection: 20,
  subscriptionIdLength: 64,
  filtersPerSubscription: 10,
  /** Events one REQ gives at most, and by default. */
  queryLimit: 5_000,
  defaultQueryLimit: 500,
  storedProposals: 500_000,
  proposalsPerKey: 4,
  /** Seconds that `created_at` may differ from our clock. */
  clockSkewSec: 900,
  proposalLifetimeSec: 7_200,
  /** Unsent bytes after which a slow reader is cut off. */
  unsentBytes: 4 * 1024 * 1024,
  pingEveryMs: 45_000,
  framesPerConnection: { perSecond: 50, burst: 200 },
  eventsPerKey: { perSecond: 50, burst: 200 },
  queriesPerSource: { perSecond: 20, burst: 100 },
} as const;
