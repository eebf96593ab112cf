/**
 * A fresh Debian 12 of the fewest packages, with systemd and what our packages say that they need: from apt by
 * mmdebstrap, as the image of a disk. It is kept, for what a guest changes on it is forgotten with the guest.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../lab/run.ts';

const SUITE = 'bookworm';
/** What a Debian machine has from the start, and what the lab's private internet is made with. */
const SYSTEM = ['systemd-sysv', 'kmod', 'procps'];
const LAB_TOOLS = ['curl', 'openssl', 'iproute2', 'nftables'];

/** Sparse: what is free on it takes no room. */
const DISK = '4G';

/** @param needs names of Debian packages. @returns the image, ext4. @throws Error with what apt said. */
export async function freshDebian(cache: string, needs: readonly string[]): Promise<string> {
  const include = [...new Set([...SYSTEM, ...LAB_TOOLS, ...needs])].sort().join(',');
  const name = `${SUITE}-${createHash('sha256').update(include).digest('hex').slice(0, 12)}.ext4`;
  const image = join(cache, name);
  if (existsSync(image)) return image;
  mkdirSync(cache, { recursive: true });
  for (const old of readdirSync(cache)) rmSync(join(cache, old), { recursive: true });
  const folder = join(cache, 'root');
  await run('mmdebstrap', ['--quiet', '--variant=minbase', `--include=${include}`, SUITE, folder]);
  await run('mke2fs', ['-q', '-t', 'ext4', '-d', folder, `${image}.new`, DISK]);
  rmSync(folder, { recursive: true });
  // So that what is there is whole.
  renameSync(`${image}.new`, image);
  return image;
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
