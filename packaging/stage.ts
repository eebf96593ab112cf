/** Lays a package's files out below a folder, all of one date: what is packed from there depends on nothing else. */
import { chmodSync, copyFileSync, lutimesSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PackagedFile } from './package.ts';

export function stage(root: string, files: readonly PackagedFile[]): void {
  for (const file of files) {
    const target = join(root, file.path);
    makeFolder(dirname(target));
    if ('content' in file) writeFileSync(target, file.content);
    else copyFileSync(file.copyOf, target);
    // Whatever the umask of the caller.
    chmodSync(target, file.mode);
  }
}

function makeFolder(path: string): void {
  const first = mkdirSync(path, { recursive: true });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) chmodSync(made, 0o755);
}

/** The files below a folder, relative to it, in an order of their own names. */
export function filesBelow(root: string): readonly string[] {
  return entriesBelow(root).filter((path) => statSync(join(root, path)).isFile());
}

/** Innermost first, since a folder's date changes with what is put into it. @param epoch in seconds. */
export function dateAll(root: string, epoch: number): void {
  for (const path of [...entriesBelow(root)].reverse()) lutimesSync(join(root, path), epoch, epoch);
  lutimesSync(root, epoch, epoch);
}

function entriesBelow(root: string): readonly string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' }).sort();
}
