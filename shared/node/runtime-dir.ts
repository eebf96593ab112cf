/**
 * A folder for what must never touch a disk: refused anywhere but on tmpfs or ramfs, private to this
 * process, wiped at the end, and at the start of the next process where this one was killed.
 */
import { lstat, mkdir, readdir, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { WarrenError } from '../base/errors.ts';

/** statfs(2) f_type. */
const TMPFS_MAGIC = 0x01021994;
const RAMFS_MAGIC = 0x858458f6;

export interface RuntimeDir {
  /** `<parent>/<name>-<pid>`, mode 0700. */
  readonly path: string;
  wipe(): Promise<void>;
}

/**
 * @param parent an existing or creatable folder on tmpfs; others may use it too.
 * @param name names the program; folders of its processes that are gone are removed.
 * @throws WarrenError `runtime_not_tmpfs` when it is on a disk, belongs to somebody else or can not be made.
 */
export async function openRuntimeDir(parent: string, name: string): Promise<RuntimeDir> {
  const path = join(parent, `${name}-${process.pid}`);
  await makeInRam(parent);
  await removeLeftovers(parent, name);
  try {
    await rm(path, { recursive: true, force: true });
    await mkdir(path, { mode: 0o700 });
  } catch (cause) {
    throw refusal(`The runtime folder ${path} can not be made.`, cause);
  }
  const made = await lstat(path);
  if (!made.isDirectory() || made.uid !== process.getuid?.()) throw refusal(`${path} is not ours.`);
  return { path, wipe: () => rm(path, { recursive: true, force: true }) };
}

/** Makes the folder where there is none. @throws WarrenError `runtime_not_tmpfs` when it can not, or it is on a disk. */
export async function makeInRam(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw refusal(`The runtime folder ${folder} can not be made.`, cause);
  }
  await assertInRam(folder);
}

/** @throws WarrenError `runtime_not_tmpfs` when the existing path is on anything but tmpfs or ramfs. */
export async function assertInRam(path: string): Promise<void> {
  const { type } = await statfs(path).catch((cause) => {
    throw refusal(`${path} can not be looked at.`, cause);
  });
  if (type !== TMPFS_MAGIC && type !== RAMFS_MAGIC) throw refusal(`${path} is on a disk.`);
}

async function removeLeftovers(parent: string, name: string): Promise<void> {
  for (const entry of await readdir(parent)) {
    const pid = entry.startsWith(`${name}-`) ? Number(entry.slice(name.length + 1)) : Number.NaN;
    if (!Number.isInteger(pid) || isRunning(pid)) continue;
    // Another user's leftovers are not ours to remove.
    await rm(join(parent, entry), { recursive: true, force: true }).catch(() => {});
  }
}

/** Another user's process counts too. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function refusal(message: string, cause?: unknown): WarrenError {
  return new WarrenError('runtime_not_tmpfs', message, 'Use a folder on tmpfs, such as one under /run or /dev/shm.', {
    cause,
  });
}
