/** The relay's own description (NIP-11). */
import { VERSION } from '../../shared/base/version.ts';
import { LIMITS } from './limits.ts';

export function relayInformation(restricted: boolean) {
  return {
    name: 'Warren helper',
    description: 'Discovery and signalling of Warren nodes. Carries no traffic, stores nothing on disk.',
    supported_nips: [1, 9, 11, 40],
    software: 'warren-helper',
    version: VERSION,
    limitation: {
      max_message_length: LIMITS.frameBytes,
      max_subscriptions: LIMITS.subscriptionsPerConnection,
      max_subid_length: LIMITS.subscriptionIdLength,
      max_filters: LIMITS.filtersPerSubscription,
      max_limit: LIMITS.queryLimit,
      default_limit: LIMITS.defaultQueryLimit,
      created_at_lower_limit: LIMITS.clockSkewSec,
      created_at_upper_limit: LIMITS.clockSkewSec,
      auth_required: false,
      payment_required: false,
      restricted_writes: restricted,
    },
    retention: [{ kinds: [[0, 65_535]], time: LIMITS.proposalLifetimeSec }],
  };
}
