/** What is left after `apt remove`, and after `apt purge`. */
import { existsSync } from 'node:fs';
import type { Timeline } from '../../e2e/timeline.ts';
import { apt, attempt, everything, must, untilActive } from './machine.ts';

const PACKAGES = ['warren', 'warren-provider', 'warren-helper', 'warren-netd', 'warren-common'] as const;
const KEYSTORE = '/var/lib/warren-provider/keystore.json';

export async function leave(told: Timeline, before: ReadonlySet<string>): Promise<void> {
  // Something for the removal to stop.
  await must('systemctl', 'start', 'warren-netd');
  await untilActive('warren-netd');
  await apt('remove', ...PACKAGES);
  told.claim('removed, the identity stays', existsSync(KEYSTORE) && !existsSync('/usr/lib/warren'));
  const netd = await attempt('systemctl', 'is-active', 'warren-netd');
  told.claim(
    'and nothing runs any more',
    // The daemon gives itself a name.
    netd.code !== 0 && (await attempt('pgrep', '-f', '/usr/lib/warren|^warren-netd')).code !== 0,
  );
  await apt('purge', ...PACKAGES);
  const after = await everything();
  const left = [...after].filter((line) => !before.has(line));
  for (const folder of ['/run/warren', '/run/warren-provider']) if (existsSync(folder)) left.push(folder);
  // base-files makes /etc/opt and does not own it: dpkg takes it away with the last that was in it.
  const lost = [...before].filter((line) => !after.has(line) && !line.endsWith(' /etc/opt'));
  told.claim(
    'purged, the machine is as it was: no file, folder, user or group more',
    left.length === 0,
    left.join('; '),
  );
  told.claim('and none less', lost.length === 0, lost.join('; '));
}
