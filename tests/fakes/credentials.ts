/** Check credentials as the handshake would derive them: both ends of one seed fit each other. */
import type { Credentials } from '../../shared/machine/traversal/api.ts';

export function credentialsOf(role: 'controlling' | 'controlled', seed = 1): Credentials {
  const of = (end: string, offset: number) => ({
    fragment: `${end}${seed}`,
    password: new Uint8Array(24).fill(seed + offset),
  });
  const ends = { controlling: of('client', 0), controlled: of('provider', 100) };
  const mine = ends[role];
  const theirs = ends[role === 'controlling' ? 'controlled' : 'controlling'];
  return {
    localFragment: mine.fragment,
    remoteFragment: theirs.fragment,
    localPassword: mine.password,
    remotePassword: theirs.password,
  };
}
