/**
 * The labs of one run share what Node compiled (NODE_COMPILE_CACHE): they start the same programs again and again,
 * each as users of its own. Node keeps a folder for each user and closes its files to all others; here they are one
 * folder, open to all, since all of them run the same work tree.
 */
import { chmodSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { getCompileCacheDir } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { run } from './run.ts';

export interface CodeCache {
  /** For the programs of the lab. */
  readonly env: Readonly<Record<string, string>>;
  readonly end: () => void;
}

/** Others are on their way to a name like this. */
const ENTRY = /^[0-9a-f]+$/;
const NONE: CodeCache = { env: {}, end: () => {} };

/**
 * Shows the run's cache in a folder beside the lab's work tree: what is compiled is found again by the way from one
 * to the other. Without a cache of the run there is none here.
 */
export async function shareCode(folder: string, firstUid: number): Promise<CodeCache> {
  const own = getCompileCacheDir();
  if (own === undefined) return NONE;
  const shared = dirname(own);
  chmodSync(own, 0o777);
  for (const name of readdirSync(own)) if (ENTRY.test(name)) chmodSync(join(own, name), 0o644);
  const links = [0, 1, 2, 3].map((i) => join(shared, basename(own).replace(/-0$/, `-${firstUid + i}`)));
  for (const link of links) symlinkSync(basename(own), link);
  mkdirSync(folder, { mode: 0o755 });
  await run('mount', ['--bind', shared, folder]);
  return {
    env: { NODE_COMPILE_CACHE: folder, NODE_COMPILE_CACHE_PORTABLE: '1' },
    end: () => {
      for (const link of links) rmSync(link, { force: true });
    },
  };
}
