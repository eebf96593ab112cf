/** `installed.json`: what uninstalling has to undo. Written before anything else is, so that an interrupted installation can be undone too. */
import { readFile } from 'node:fs/promises';
import { join, normalize } from 'node:path';
import * as v from 'valibot';
import { InstallError } from './error.ts';
import { putFile } from './files.ts';
import type { Place } from './layout.ts';

const Path = v.pipe(
  v.string(),
  v.startsWith('/'),
  v.check((path) => normalize(path) === path, 'a path without detours'),
);

const RecordSchema = v.object({
  version: v.literal(1),
  files: v.array(Path),
  /** Those that did not exist before. */
  folders: v.array(Path),
  /** Whether the group did not exist before. */
  groupCreated: v.boolean(),
  /** Who was not in the group before. */
  users: v.array(v.string()),
});
export type InstallRecord = v.InferOutput<typeof RecordSchema>;

export const NOTHING: InstallRecord = { version: 1, files: [], folders: [], groupCreated: false, users: [] };

/** Null when nothing is installed. @throws InstallError `record_unreadable`. */
export async function readRecord(root: string, place: Place): Promise<InstallRecord | null> {
  const file = join(root, place.record);
  try {
    return v.parse(RecordSchema, JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null;
    throw new InstallError(
      'record_unreadable',
      `${file} can not be read: it lists what an earlier installation wrote.`,
      'Remove it, then install again: what is installed is then recorded anew.',
      { cause },
    );
  }
}

export async function writeRecord(root: string, place: Place, record: InstallRecord): Promise<void> {
  await putFile(root, { path: place.record, mode: 0o644, content: `${JSON.stringify(record, null, 2)}\n` });
}
