/** Every bound of the relay in one place; NIP-11 tells clients the ones that concern them. */
import { MAX_RELAY_FRAME_BYTES } from '../../shared/wire/nostr.ts';

export const LIMITS = {
  frameBytes: MAX_RELAY_FRAME_BYTES,
  /** A proposal with its envelope. */
  proposalEventBytes: 4_096,
  /** The service may hold 65,536 descriptors. */
  connections: 50_000,
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
  /** Of the stored events that a REQ asks for the newest so many bytes are sent; what is left out is newer soon. */
  answerBytes: 4 * 1024 * 1024,
  /** Unsent bytes after which a slow reader is cut off: more than one answer. */
  unsentBytes: 5 * 1024 * 1024,
  pingEveryMs: 45_000,
  framesPerConnection: { perSecond: 50, burst: 200 },
  eventsPerKey: { perSecond: 50, burst: 200 },
  /**
   * Each may cost a signature's check (0.4 ms), so many connections of one source must not add up. A home
   * behind carrier NAT shares its address with hundreds: a connect is some forty, most of them pings.
   */
  eventsPerSource: { perSecond: 100, burst: 2_000 },
  /** A node offers itself four times an hour: ninety of them behind one address, and room for all to start at once. */
  offersPerSource: { perSecond: 0.1, burst: 300 },
  queriesPerSource: { perSecond: 20, burst: 100 },
  requestsPerSource: { perSecond: 5, burst: 60 },
} as const;
