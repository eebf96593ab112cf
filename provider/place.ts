/** Where this node is, by the shipped tables. */
import { type GeoFacts, lookup } from '../shared/node/geo.ts';
import type { Endpoint } from './endpoint.ts';
import type { Log } from './log.ts';
import type { Config } from './settings/table.ts';

/** Of the first address that the tables know; null: of none. */
export function placeOf(endpoint: Endpoint, config: Config, log: Log): GeoFacts | null {
  const hosts = endpoint.candidates.map(({ address }) => address);
  const found = [...endpoint.publicAddresses, ...hosts].map((address) => lookup(address)).find((geo) => geo !== null);
  if (found?.country && config.country && found.country !== config.country)
    log.warn({ configured: config.country, found: found.country }, 'the tables put this node elsewhere; they decide');
  return found ?? null;
}
