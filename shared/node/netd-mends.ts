/** What mends a warren-netd that can not be spoken to, or that could do better: for both doctors. */
import { by, type Mend } from './mending.ts';
import { GROUP } from './warren-group.ts';

const UNIT = 'warren-netd.service';
export const UNTIL_OFF = 'until the machine is switched off.';

export const START_UNIT = by(['sudo', 'systemctl', 'enable', '--now', UNIT], {
  does: 'warren-netd runs, and starts with the machine.',
  undo: `sudo systemctl disable --now ${UNIT}`,
});

export function joinGroup(user: string): Mend {
  const mend = by(['sudo', 'usermod', '-aG', GROUP, user], {
    does: `From the next log-in on, ${user} may speak to warren-netd.`,
    undo: `sudo gpasswd --delete ${user} ${GROUP}`,
  });
  return { ...mend, command: `${mend.command}, then log out and in again` };
}

export function loadModule(module: string, what: string): Mend {
  const undo = `sudo modprobe -r ${module}`;
  return by(['sudo', 'modprobe', module], { does: `${what}, ${UNTIL_OFF}`, undo });
}

export const LOAD_WIREGUARD = loadModule('wireguard', "The kernel's WireGuard is loaded");
