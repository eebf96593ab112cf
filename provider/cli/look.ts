/** Looks at this machine's NAT and place as the running node will, without one. */

import type { Nat } from '../../shared/machine/traversal/api.ts';
import { createClock } from '../../shared/node/clock.ts';
import type { GeoFacts } from '../../shared/node/geo.ts';
import type { NetworkProfile } from '../../shared/wire/network.ts';
import { openLine } from '../line.ts';
import { createLog } from '../log.ts';
import { placeOf } from '../place.ts';
import type { Config } from '../settings/table.ts';

export interface Look {
  readonly nat: Nat | null;
  readonly place: GeoFacts | null;
}

/** On a port of its own, so that it may be done beside a running node. At most some 5 s. */
export async function lookAround(config: Config, profile: NetworkProfile): Promise<Look> {
  const log = createLog('silent');
  const line = await openLine({ ...config, udpPort: 0, rotation: 'off' }, { ...profile, turn: [] }, createClock(), log);
  try {
    return { nat: line.endpoint.nat, place: placeOf(line.endpoint, config, log) };
  } finally {
    await line.close();
  }
}

/** @param country what the owner says; it counts where the tables are silent. */
export function placeWords(place: GeoFacts | null, country: string | null): string {
  if (!place && country) return `${country}, by your word: the tables do not know this address`;
  if (!place) return 'unknown to the tables: say it with --country';
  const network = place.network ? `${place.network} (AS${place.asn})` : 'unknown network';
  return `${place.country ?? 'unknown country'}, ${network}, ${place.residential ? 'residential' : 'hosting'}`;
}
