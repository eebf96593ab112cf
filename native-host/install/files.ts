/** Puts files in place and takes them away again, below a root. Replaces whole files only: a reader never meets half of one. */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

export type PlannedFile = {
  /** Absolute, as the running system sees it. */
  readonly path: string;
  readonly mode: number;
} & ({ readonly content: string } | { readonly copyOf: string });

/** Writes a file where it differs. Returns whether it did. Its folder has to exist. */
export async function putFile(root: string, file: PlannedFile): Promise<boolean> {
  const target = join(root, file.path);
  if (await isInPlace(target, file)) return false;
  const fresh = `${target}.new`;
  await rm(fresh, { force: true });
  if ('content' in file) await writeFile(fresh, file.content);
  else await copyFile(file.copyOf, fresh);
  // Whatever the umask of the caller: the file is for everybody to read.
  await chmod(fresh, file.mode);
  await rename(fresh, target);
  return true;
}

/** Returns whether there was such a file. */
export async function removeFile(root: string, path: string): Promise<boolean> {
  const target = join(root, path);
  const there = existsSync(target);
  await rm(target, { force: true });
  return there;
}

/** The folders on the way to these files that do not exist, outermost first. */
export function missingFolders(root: string, paths: readonly string[]): readonly string[] {
  const missing = new Set<string>();
  for (const path of paths)
    for (let folder = dirname(path); folder !== '/' && !existsSync(join(root, folder)); folder = dirname(folder))
      missing.add(folder);
  return [...missing].sort();
}

/** @param folders outermost first. */
export async function makeFolders(root: string, folders: readonly string[], mode: number): Promise<void> {
  for (const folder of folders) {
    await mkdir(join(root, folder), { recursive: true });
    await chmod(join(root, folder), mode);
  }
}

/** Innermost first; what somebody else put something into stays. */
export async function removeEmptyFolders(root: string, folders: readonly string[]): Promise<void> {
  for (const folder of [...folders].sort().reverse()) {
    await rmdir(join(root, folder)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'ENOENT') throw error;
    });
  }
}

async function isInPlace(target: string, file: PlannedFile): Promise<boolean> {
  const now = await stat(target).catch(() => null);
  if (!now?.isFile() || (now.mode & 0o7777) !== file.mode) return false;
  if ('content' in file) return (await digest(target)) === hash().update(file.content).digest('hex');
  if (now.size !== (await stat(file.copyOf)).size) return false;
  return (await digest(target)) === (await digest(file.copyOf));
}

async function digest(path: string): Promise<string> {
  const sha256 = hash();
  await pipeline(createReadStream(path), sha256);
  return sha256.digest('hex');
}

const hash = () => createHash('sha256');
