/** The image of a disk, made once and kept for the next run: what a guest changes on it is forgotten with the guest. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../lab/run.ts';

/** Sparse: what is free on it takes no room. */
const SIZE = '4G';

/**
 * @param made says what is on it: made of something else it is made anew.
 * @param fill lays out a folder that is not there yet.
 * @returns the image, ext4.
 */
export async function keptDisk(
  cache: string,
  name: string,
  made: string,
  fill: (folder: string) => Promise<unknown>,
): Promise<string> {
  const image = join(cache, `${name}-${createHash('sha256').update(made).digest('hex').slice(0, 12)}.ext4`);
  if (existsSync(image)) return image;
  mkdirSync(cache, { recursive: true });
  for (const old of readdirSync(cache)) if (old.startsWith(`${name}-`)) rmSync(join(cache, old), { recursive: true });
  const folder = join(cache, `${name}-new`);
  await fill(folder);
  await run('mke2fs', ['-q', '-t', 'ext4', '-d', folder, `${image}.new`, SIZE]);
  rmSync(folder, { recursive: true });
  // So that what is there is whole.
  renameSync(`${image}.new`, image);
  return image;
}
