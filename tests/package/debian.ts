/**
 * A fresh Debian 12 of the fewest packages, with systemd and what our packages say that they need: from apt by
 * mmdebstrap, kept as an archive that the next run unpacks again.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../lab/run.ts';

const SUITE = 'bookworm';
/** What a Debian machine has from the start, and what the lab's private internet is made with. */
const SYSTEM = ['systemd-sysv', 'kmod', 'procps'];
const LAB_TOOLS = ['curl', 'openssl', 'iproute2', 'nftables'];

/** Unpacks it at `into`. @param needs names of Debian packages. @throws Error with what apt said. */
export async function freshDebian(cache: string, needs: readonly string[], into: string): Promise<void> {
  const include = [...new Set([...SYSTEM, ...LAB_TOOLS, ...needs])].sort().join(',');
  const name = `${SUITE}-${createHash('sha256').update(include).digest('hex').slice(0, 12)}.tar`;
  const archive = join(cache, name);
  if (!existsSync(archive)) {
    mkdirSync(cache, { recursive: true });
    for (const old of readdirSync(cache)) rmSync(join(cache, old), { recursive: true });
    await run('mmdebstrap', ['--quiet', '--variant=minbase', `--include=${include}`, SUITE, `${archive}.new.tar`]);
    renameSync(`${archive}.new.tar`, archive);
  }
  mkdirSync(into, { recursive: true });
  await run('tar', ['--numeric-owner', '--xattrs', '-xpf', archive, '-C', into, '--exclude=./dev/*']);
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
