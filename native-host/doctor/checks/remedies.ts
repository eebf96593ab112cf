/** Which commands bring Warren's parts: a checkout's own, or apt's where this doctor came in a Debian package. */
import { CALLED } from '../../../shared/base/called.ts';
import type { Mend } from '../../../shared/node/mending.ts';
import { installForMachine, installForUser, installPackages } from './mends.ts';

/** @param network the profile to join; null: the installation chooses. */
type Bring = (network: string | null) => Mend;

export interface Remedies {
  /** How this doctor is called. */
  readonly doctor: string;
  /** A host of this release, for whoever the found one is for; null: none was found. */
  host(installedFor: 'user' | 'machine' | null): Bring;
  readonly daemon: Bring;
  readonly wireGuard: Bring;
}

const FROM_CHECKOUT = './warren doctor';

export const OF_CHECKOUT: Remedies = {
  doctor: FROM_CHECKOUT,
  host: (installedFor) => (installedFor === 'machine' ? installForMachine : installForUser),
  daemon: installForMachine,
  wireGuard: installForUser,
};

/** apt may know no repository that has them, only files that somebody downloaded: so only a person can do it. */
const anew = (name: string): Mend => ({
  command: `sudo apt install --reinstall ${name} (or, in the folder of the downloaded files, ./${name}_*.deb)`,
});

export const OF_PACKAGES: Remedies = {
  doctor: 'warren doctor',
  host: (installedFor) => () =>
    installedFor === 'user'
      ? { command: './warren uninstall --user, in the folder that it came from: the package has a host of its own' }
      : anew('warren'),
  daemon: () => anew('warren-netd'),
  wireGuard: () => installPackages(['wireguard-tools', 'wireguard-go']),
};

export const REMEDIES = CALLED.isPackaged ? OF_PACKAGES : OF_CHECKOUT;
