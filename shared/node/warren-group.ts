/** Who may speak to warren-netd: the members of one group, from their next log-in on. */
import { readFileSync } from 'node:fs';

export const GROUP = 'warren';

/** `asleep`: a member, but this session began before that. */
export type GroupState = 'missing' | 'outside' | 'asleep' | 'member';

export function groupStateOf(user: string, file = '/etc/group'): GroupState {
  const line = textOf(file)
    .split('\n')
    .find((text) => text.startsWith(`${GROUP}:`));
  if (line === undefined) return 'missing';
  const [, , gid, members = ''] = line.split(':');
  if (process.getgroups?.().includes(Number(gid))) return 'member';
  return members.split(',').includes(user) ? 'asleep' : 'outside';
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
