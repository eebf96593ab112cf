/** The first megabytes of the guest: enough to mount its root, this machine's over 9p or a disk, and go there. */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { run } from '../lab/run.ts';
import { cpio, folder, plain, program, symlink } from './cpio.ts';
import type { DebianKernel } from './debian.ts';

const MODULES = ['virtio_pci', '9pnet_virtio', '9p', 'overlay', 'virtio_blk', 'crc32c_generic', 'ext4'] as const;
const COMMANDS = ['sh', 'mount', 'insmod', 'mkdir', 'switch_root', 'poweroff', 'echo'] as const;
const FOLDERS = ['bin', 'modules', 'proc', 'sys', 'dev', 'ro', 'rw', 'new', 'cache'] as const;
const INIT = join(import.meta.dirname, 'guest/init.sh');

export async function initramfs(kernel: DebianKernel): Promise<Buffer> {
  const files = await inOrder(kernel);
  return cpio([
    ...FOLDERS.map(folder),
    program('init', readFileSync(INIT)),
    program('bin/busybox', readFileSync(kernel.busybox)),
    ...COMMANDS.map((command) => symlink(`bin/${command}`, 'busybox')),
    plain('modules/order', Buffer.from(files.map((file) => `${basename(file)}\n`).join(''))),
    ...files.map((file) => plain(`modules/${basename(file)}`, readFileSync(file))),
  ]);
}

/** The modules' files, each after what it needs. */
async function inOrder({ version, modules }: DebianKernel): Promise<readonly string[]> {
  const root = modules.replace(/\/lib\/modules\/[^/]+$/, '');
  const files = new Set<string>();
  for (const name of MODULES) {
    const shown = await run('modprobe', ['-d', root, '-S', version, '--show-depends', name]);
    for (const [, file] of shown.matchAll(/^insmod (\S+)/gm)) if (file) files.add(file);
  }
  return [...files];
}
