/**
 * Lines that must survive a crash of the process and must not reach a disk: an append-only file on
 * tmpfs, mode 0600. What `append` returned from is there for the next process (the page cache is the
 * file); a reboot loses it. It knows nothing of what the lines mean.
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { WarrenError } from '../base/errors.ts';
import { makeInRam } from './runtime-dir.ts';

export interface Journal {
  load(): readonly string[];
  /** Synchronous: done when it returns. @throws WarrenError internal when tmpfs is full. */
  append(line: string): void;
  /** Rewrites the whole, at once or not at all. */
  replace(lines: readonly string[]): void;
  /** Closes it; with `wipe`, removes it too. */
  close(options?: { readonly wipe?: boolean }): void;
}

/**
 * @param folder an existing or creatable folder on tmpfs.
 * @throws WarrenError runtime_not_tmpfs.
 */
export async function openJournal(folder: string, name: string): Promise<Journal> {
  await makeInRam(folder);
  const path = join(folder, name);
  const start = existsSync(path) ? readFileSync(path, 'utf8') : '';
  let file = openSync(path, 'a', 0o600);
  // A crash may have cut the last line: begin a new one after it.
  if (start !== '' && !start.endsWith('\n')) writeSync(file, '\n');

  return {
    load: () => start.split('\n').filter((line) => line !== ''),
    append(line) {
      const bytes = Buffer.from(`${line}\n`);
      const { size } = fstatSync(file);
      try {
        let at = 0;
        while (at < bytes.length) at += writeSync(file, bytes, at);
      } catch (cause) {
        // Half a line would spoil the next one too.
        ftruncateSync(file, size);
        throw new WarrenError('internal', 'The journal could not be written.', `Make room in ${folder}.`, { cause });
      }
    },
    replace(lines) {
      const temporary = `${path}.new`;
      writeFileSync(temporary, lines.map((line) => `${line}\n`).join(''), { mode: 0o600 });
      renameSync(temporary, path);
      closeSync(file);
      file = openSync(path, 'a', 0o600);
    },
    close({ wipe = false } = {}) {
      closeSync(file);
      if (wipe) rmSync(path, { force: true });
    },
  };
}
