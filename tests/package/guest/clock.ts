/** The doctor at a clock that is wrong and that nobody sets: it has the machine set it by the network. */
import { rmSync } from 'node:fs';
import type { Timeline } from '../../e2e/timeline.ts';
import { FIVE_MINUTES_AHEAD, mayUseSudo } from '../../net/doctor-programs/machine.ts';
import { must, property, USER, untilActive } from './machine.ts';
import type { World } from './world.ts';

const KEEPER = 'systemd-timesyncd';

export async function wrongClock(told: Timeline, world: World): Promise<void> {
  mayUseSudo({ name: USER });
  try {
    await must('timedatectl', 'set-ntp', 'false');
    told.claim('nothing sets the clock', (await property(KEEPER, 'ActiveState')) === 'inactive');
    const { text } = await world.person(...FIVE_MINUTES_AHEAD, 'warren', 'doctor', '--fix', '--yes');
    const ahead = Number(/is (\d+) s ahead/.exec(text)?.[1]);
    told.claim('warren doctor says how wrong it is', Math.abs(ahead - 300) < 15, `${ahead} s ahead`);
    const mend = text.split('\n').find((line) => line.includes('→ sudo')) ?? '';
    told.claim('and has it set from now on', mend.trim() === '→ sudo timedatectl set-ntp true', mend.trim());
    await untilActive(`${KEEPER}.service`);
    const wanted = (await must('timedatectl', 'show', '--property', 'NTP', '--value')).trim();
    told.claim("Debian's own service for that runs, and will after a restart", wanted === 'yes', wanted);
  } finally {
    rmSync(`/etc/sudoers.d/${USER}`);
  }
}
