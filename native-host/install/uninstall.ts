/** Undoes what the record of an installation lists, and nothing else. */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { removeEmptyFolders, removeFile } from './files.ts';
import { GROUP, type Place, UNIT } from './layout.ts';
import { readRecord } from './record.ts';
import type { System } from './system.ts';

export interface Removal {
  readonly root: string;
  readonly place: Place;
  /** Null below another root: then only files are removed. */
  readonly system: System | null;
  say(line: string): void;
}

/** @throws InstallError */
export async function uninstall({ root, place, system, say }: Removal): Promise<void> {
  const record = await readRecord(root, place);
  if (!record) return say(`nothing to remove: there is no ${place.record}`);
  const service = system?.hasSystemd && existsSync(join(root, UNIT)) && record.files.includes(UNIT) ? system : null;
  await service?.stopService();
  for (const path of record.files) if (await removeFile(root, path)) say(`removed ${path}`);
  await service?.forgetService();
  if (system) await dismiss(system, record.groupCreated, record.users, say);
  // Last: an interrupted removal can be taken up again.
  // A host that is just ending still writes there what Node compiled of it.
  if (place.cache !== null)
    await rm(join(root, place.cache), { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  await removeFile(root, place.record);
  await removeEmptyFolders(root, record.folders);
  say('Warren is removed');
}

async function dismiss(system: System, ours: boolean, users: readonly string[], say: Removal['say']): Promise<void> {
  const members = await system.members();
  if (members === null) return;
  if (ours) {
    await system.removeGroup();
    return say(`removed the group ${GROUP}`);
  }
  for (const name of users.filter((user) => members.includes(user))) {
    await system.removeMember(name);
    say(`${name} left the group ${GROUP}`);
  }
}
