/** The kinds of home that the matrix pairs, in its order; each is one of the lab's, or a place in the other's LAN. */
import type { NatName } from '../lab/nat-kinds.ts';

export interface Kind {
  /** Null: no home of its own, it is a second host in the other end's home. */
  readonly nat: NatName | null;
  /** At most five letters, for the head of a table. */
  readonly short: string;
}

export const KINDS = {
  open: { nat: 'open', short: 'open' },
  'one-to-one': { nat: 'oneToOne', short: '1:1' },
  'eim-eif': { nat: 'fullCone', short: 'EIF' },
  'eim-adf': { nat: 'addressRestricted', short: 'ADF' },
  'eim-apdf': { nat: 'portRestricted', short: 'APDF' },
  'eim-apdf-changing': { nat: 'portRestrictedHashed', short: 'APDFc' },
  adm: { nat: 'addressSymmetric', short: 'ADM' },
  'apdm-random': { nat: 'symmetric', short: 'APDMr' },
  'apdm-sequential': { nat: 'symmetricSequential', short: 'APDMs' },
  'cgnat-easy': { nat: 'carrierEasy', short: 'CGNe' },
  'cgnat-random': { nat: 'carrierRandom', short: 'CGNr' },
  'udp-blocked': { nat: 'udpBlocked', short: 'noUDP' },
  'same-lan': { nat: null, short: 'LAN' },
  'ipv6-only': { nat: 'ipv6Only', short: 'IPv6' },
  'easy-pmp': { nat: 'portRestrictedMapping', short: 'eaPMP' },
  'hard-pmp': { nat: 'symmetricMapping', short: 'haPMP' },
  poisoned: { nat: 'poisoned', short: 'poisn' },
} as const satisfies Record<string, Kind>;

export type KindName = keyof typeof KINDS;
export const KIND_NAMES = Object.keys(KINDS) as KindName[];
/** Where both are in one home, somebody's home it has to be. */
export const SHARED_HOME: NatName = 'portRestricted';

/** How a pair is joined in the end. */
export type Way = 'direct' | 'lan' | 'relay' | 'none';
