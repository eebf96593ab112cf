/**
 * Debian's own kernel and its busybox, from apt, unpacked into a folder that a second run finds again.
 * Nothing is installed: this machine keeps its kernel.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CommandFailed, run } from '../lab/run.ts';
import { unpacked } from './vmlinux.ts';

export interface DebianKernel {
  /** `uname -r` of the guest. */
  readonly version: string;
  readonly image: string;
  /** What stands at /lib/modules/VERSION in the guest. */
  readonly modules: string;
  readonly busybox: string;
}

/** The flavour for real hardware: the one for clouds has no 9p. */
const META = 'linux-image-amd64';
const BUSYBOX = 'busybox-static';

/** Of a kernel package's 400 MB, what a network lab on a shared root can use. */
const WANTED = [
  './boot/vmlinuz-*',
  './lib/modules/*/modules.*',
  ...[
    ...['arch', 'crypto', 'lib', 'net', 'fs/9p', 'fs/fscache', 'fs/netfs', 'fs/overlayfs', 'drivers/virtio'],
    ...['fs/ext4', 'fs/jbd2', 'fs/mbcache.ko', 'drivers/block/virtio_blk.ko'],
  ].map((part) => `./lib/modules/*/kernel/${part}`),
  ...['wireguard', '*.ko'].map((part) => `./lib/modules/*/kernel/drivers/net/${part}`),
];

/** @throws Error with the command that mends it, when apt does not give them. */
export async function debianKernel(cache: string): Promise<DebianKernel> {
  // Another choice of parts is another folder.
  const root = join(cache, `debian-${createHash('sha256').update(WANTED.join()).digest('hex').slice(0, 8)}`);
  if (!existsSync(root)) await fetchInto(root);
  const [version] = readdirSync(join(root, 'lib/modules'));
  if (version === undefined) throw new Error(`${root} holds no kernel: remove it and run this again`);
  return {
    version,
    image: await unpacked(join(root, `boot/vmlinuz-${version}`)),
    modules: join(root, 'lib/modules', version),
    busybox: join(root, 'bin/busybox'),
  };
}

/** Built beside its place and moved there, so that what is there is whole. */
async function fetchInto(root: string): Promise<void> {
  const work = `${root}.new`;
  rmSync(work, { recursive: true, force: true });
  mkdirSync(join(work, 'deb'), { recursive: true });
  try {
    await download(join(work, 'deb'), [await newestKernel(), BUSYBOX]);
    for (const file of readdirSync(join(work, 'deb'))) await unpack(join(work, 'deb', file), work);
    rmSync(join(work, 'deb'), { recursive: true });
    const [version = ''] = readdirSync(join(work, 'lib/modules'));
    await run('depmod', ['-b', work, version]);
    renameSync(work, root);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** What the meta package leads to today: `linux-image-6.1.0-56-amd64`. */
async function newestKernel(): Promise<string> {
  const named = async () => /Depends: (linux-image-\S+)/.exec(await run('apt-cache', ['depends', META]))?.[1];
  const found = await named().catch(() => undefined);
  if (found) return found;
  await run('apt-get', ['update']);
  const now = await named();
  if (!now) throw new Error(`apt knows no ${META}: run "apt-get update" and look at /etc/apt/sources.list`);
  return now;
}

/** As root also where apt's own user may not write. */
async function download(folder: string, packages: readonly string[]): Promise<void> {
  const get = () => run('env', ['-C', folder, 'apt-get', '-o', 'APT::Sandbox::User=root', 'download', ...packages]);
  try {
    await get().catch(async () => {
      // The lists may be older than the archive.
      await run('apt-get', ['update']);
      await get();
    });
  } catch (cause) {
    const why = cause instanceof CommandFailed ? cause.message : String(cause);
    throw new Error(`apt could not download ${packages.join(' and ')}: check the network, then run this again\n${why}`);
  }
}

async function unpack(deb: string, into: string): Promise<void> {
  const wanted = deb.includes(BUSYBOX) ? ['./bin/busybox'] : WANTED;
  const script =
    'set -o pipefail; deb=$1 into=$2; shift 2; dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$into" --wildcards --no-wildcards-match-slash "$@"';
  await run('bash', ['-c', script, 'unpack', deb, into, ...wanted]).catch((error: unknown) => {
    // A kernel that has one of the parts built in has no module of it.
    if (!String(error).includes('Not found in archive')) throw error;
  });
}
