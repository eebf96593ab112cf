/** The commands that mend what stands in the way of tunnels: each with what it changes, and what takes that back. */
import { by, type Mend } from '../../../shared/node/mending.ts';
import { loadModule, UNTIL_OFF } from '../../../shared/node/netd-mends.ts';
import { GROUP, NETD, NETD_ARGUMENTS, NETD_NODE, NETD_RUNTIME } from '../../install/layout.ts';

const WARREN = './warren';

/** Also fetches WireGuard's programs, without root. @param network null: the installation chooses. */
export function installForUser(network: string | null): Mend {
  return by([WARREN, 'install', '--user', ...joining(network)], {
    does: "This release's host, and WireGuard's programs where they are missing, are put below your home folder.",
    undo: './warren uninstall --user',
  });
}

/** @param network null: the installation chooses. */
export function installForMachine(network: string | null): Mend {
  return by(['sudo', WARREN, 'install', ...joining(network)], {
    does: 'The host is put into /usr/local for all users, and the daemon warren-netd makes its tunnels as root.',
    undo: 'sudo ./warren uninstall',
  });
}

const joining = (network: string | null) => (network === null ? [] : ['--network', network]);

/** It does not come back by itself: nothing to do behind a person's back. */
export const START_BY_HAND: Mend = {
  command:
    `sudo install -d -g ${GROUP} -m 0750 ${NETD_RUNTIME}, then sudo ${[NETD_NODE, NETD, ...NETD_ARGUMENTS].join(' ')} ` +
    '(systemd does not run here: so each time the machine has started)',
};

export const LOAD_TUN = loadModule('tun', 'Programs can make network devices');

/** @param mode its permissions as they are, octal. */
export function openTun(mode: string): Mend {
  return by(['sudo', 'chmod', '0666', '/dev/net/tun'], {
    does: `Every user may open it, as distributions have it; ${UNTIL_OFF}`,
    undo: `sudo chmod ${mode} /dev/net/tun`,
  });
}

export function installPackages(packages: readonly string[]): Mend {
  return by(['sudo', 'apt-get', 'install', '-y', ...packages], {
    does: 'They are installed from your distribution.',
    undo: `sudo apt-get remove ${packages.join(' ')}`,
  });
}
