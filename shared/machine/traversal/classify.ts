/** What several servers' answers to one socket say about the NAT (RFC 4787 §4.1, RFC 5780 §4.3). */
import type { TransportAddress } from '../../effects.ts';
import type { NatBehaviour } from './api.ts';
import { addressKey, isIp6 } from './candidates.ts';

/** One answer: which server, and under which address it saw us. */
export interface Sighting {
  readonly server: TransportAddress;
  readonly mapped: TransportAddress;
}

/**
 * IPv4 answers decide where there are any (IPv6 is hardly ever translated).
 * Two servers on different addresses are needed for a verdict; telling address-dependent from
 * address-and-port-dependent needs two ports of one address. Without those the harder one is assumed.
 */
export function mappingBehaviour(sightings: readonly Sighting[]): NatBehaviour {
  const v4 = sightings.filter((s) => !isIp6(s.server.address));
  const seen = v4.length > 0 ? v4 : sightings;
  if (new Set(seen.map((s) => s.server.address)).size < 2) return 'unknown';
  if (new Set(seen.map((s) => addressKey(s.mapped))).size === 1) return 'endpoint-independent';
  let compared = false;
  for (const a of seen)
    for (const b of seen) {
      if (a.server.address !== b.server.address || a.server.port === b.server.port) continue;
      compared = true;
      if (addressKey(a.mapped) !== addressKey(b.mapped)) return 'address-and-port-dependent';
    }
  return compared ? 'address-dependent' : 'address-and-port-dependent';
}
