/** Which pair the session asked for, whatever its priority; and what is said where there is none at all. */

import { WarrenError } from '../../base/errors.ts';
import { isPrivateIp } from '../../base/ip.ts';
import type { TransportAddress } from '../../effects.ts';
import type { BaseId } from './api.ts';
import { type Pair, pathKind } from './checklist.ts';

export interface Preference {
  readonly base: BaseId | null;
  readonly remote: TransportAddress | null;
  /** Any but the pair in use. */
  readonly leave: boolean;
}

export function isPreferred(pair: Pair, { base, remote, leave }: Preference, inUse: Pair | null): boolean {
  if (pair.state !== 'succeeded') return false;
  if (leave && pair === inUse) return false;
  if (base !== null && pair.local.base !== base) return false;
  if (remote !== null && (pair.remote.address !== remote.address || pair.remote.port !== remote.port)) return false;
  // Whoever goes directly is not sent through a relay for the sake of another port.
  const relayed = inUse !== null && pathKind(inUse, isPrivateIp) === 'relay';
  return relayed || pathKind(pair, isPrivateIp) !== 'relay';
}

export const NO_PATH = new WarrenError(
  'no_path',
  'No way to this node was found.',
  'Choose another node; this one and your network can not reach each other.',
).data();
