/** How a network's relays are reached: who gives leave is in its profile. */
import type { TurnAccess } from '../../effects.ts';
import { openTurnConnection } from './connection.ts';
import { fetchTurnGrant } from './grant.ts';

/** Null where the profile names nobody. @param urls where to ask for passes. */
export function turnAccess(urls: readonly string[] | undefined): TurnAccess | null {
  if (!urls || urls.length === 0) return null;
  return { connect: openTurnConnection, grant: () => fetchTurnGrant(urls) };
}
