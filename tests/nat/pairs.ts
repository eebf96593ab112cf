/** Which cells are played: all, some by name, or the few that stand for the rest. */
import { KIND_NAMES, KINDS, type KindName } from './kinds.ts';

export type Pair = readonly [client: KindName, provider: KindName];

/** Every rule of the theory at least once; the whole matrix takes too long for every day. */
export const QUICK: readonly Pair[] = [
  ['open', 'eim-apdf'],
  ['eim-apdf', 'open'],
  ['one-to-one', 'apdm-random'],
  ['eim-eif', 'adm'],
  ['eim-apdf', 'eim-apdf'],
  ['eim-apdf-changing', 'eim-apdf'],
  ['apdm-random', 'eim-adf'],
  ['apdm-random', 'eim-apdf'],
  ['eim-apdf', 'apdm-random'],
  ['apdm-sequential', 'eim-apdf-changing'],
  ['adm', 'cgnat-easy'],
  ['cgnat-random', 'eim-apdf'],
  ['apdm-random', 'apdm-random'],
  ['adm', 'apdm-sequential'],
  ['udp-blocked', 'open'],
  ['eim-apdf', 'udp-blocked'],
  ['udp-blocked', 'udp-blocked'],
  ['eim-apdf', 'same-lan'],
  ['same-lan', 'cgnat-easy'],
  ['ipv6-only', 'ipv6-only'],
  ['ipv6-only', 'eim-apdf'],
  ['eim-apdf', 'ipv6-only'],
  ['apdm-random', 'easy-pmp'],
  ['hard-pmp', 'eim-apdf'],
  ['poisoned', 'eim-apdf'],
  ['eim-apdf', 'poisoned'],
];

const ALL: readonly Pair[] = KIND_NAMES.flatMap((client) => KIND_NAMES.map((provider) => [client, provider] as const));

/** @throws RangeError for a name that is none. */
export function selected(only: string | undefined): readonly Pair[] {
  if (only === undefined) return ALL;
  return only.split(',').flatMap((pair) => {
    const [client, provider] = pair.split(':');
    return ALL.filter(([c, p]) => matches(c, client) && matches(p, provider));
  });
}

function matches(name: KindName, wanted: string | undefined): boolean {
  if (wanted === undefined || wanted === '' || wanted === '*') return true;
  if (!(wanted in KINDS)) throw new RangeError(`no such kind: ${wanted} (there are ${KIND_NAMES.join(', ')})`);
  return name === wanted;
}
