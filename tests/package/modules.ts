/**
 * The npm packages of this work tree as a disk: thousands of files, each of which a guest would have to ask for over 9p.
 */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../lab/identity.ts';
import { run } from '../lab/run.ts';
import { keptDisk } from './disk.ts';

const CACHE = '.cache';

export function modulesDisk(cache: string): Promise<string> {
  const modules = join(ROOT, 'node_modules');
  return keptDisk(cache, 'npm', readFileSync(join(ROOT, 'package-lock.json'), 'utf8'), (folder) => {
    // The guest lays the real one over it: the modules of its kernel are in there.
    mkdirSync(join(folder, CACHE), { recursive: true });
    const packages = readdirSync(modules).filter((name) => name !== CACHE);
    return run('cp', ['-al', ...packages.map((name) => join(modules, name)), folder]);
  });
}
