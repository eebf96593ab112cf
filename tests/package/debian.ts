/**
 * A fresh Debian 12 of the fewest packages, with systemd and what our packages say that they need: from apt by
 * mmdebstrap, as the image of a disk. It is kept, for what a guest changes on it is forgotten with the guest.
 */
import { run } from '../lab/run.ts';
import { keptDisk } from './disk.ts';

const SUITE = 'bookworm';
/** What a Debian machine has from the start; what the lab's private internet is made with, and a wrong clock. */
const SYSTEM = ['systemd-sysv', 'systemd-timesyncd', 'dbus', 'kmod', 'procps', 'sudo'];
const LAB_TOOLS = ['curl', 'openssl', 'iproute2', 'nftables', 'faketime'];

/** @param needs names of Debian packages. @returns the image, ext4. @throws Error with what apt said. */
export function freshDebian(cache: string, needs: readonly string[]): Promise<string> {
  const include = [...new Set([...SYSTEM, ...LAB_TOOLS, ...needs])].sort().join(',');
  return keptDisk(cache, SUITE, include, (folder) =>
    run('mmdebstrap', ['--quiet', '--variant=minbase', `--include=${include}`, SUITE, folder]),
  );
}

/** What packages depend on outside themselves: of each choice the first, without its version. */
export async function needsOf(debs: readonly string[]): Promise<readonly string[]> {
  const names = new Set<string>();
  for (const deb of debs) {
    const depends = await run('dpkg-deb', ['--field', deb, 'Depends']);
    for (const one of depends.trim().split(/\s*,\s*/)) {
      const name = /^[a-z0-9][a-z0-9+.-]+/.exec(one)?.[0];
      if (name !== undefined && !name.startsWith('warren')) names.add(name);
    }
  }
  return [...names];
}
