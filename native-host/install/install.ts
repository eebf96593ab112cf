/**
 * Installs the host from a checkout, step by step; a second run changes only what differs. Nothing is
 * written before the options and the network profile have proved good.
 */
import { join } from 'node:path';
import { boxedBrowsers } from './boxed.ts';
import { InstallError } from './error.ts';
import { makeFolders, missingFolders, putFile, removeFile } from './files.ts';
import { GROUP, MACHINE, NETD, NETD_ARGUMENTS, NETD_NODE, NETD_RUNTIME, UNIT } from './layout.ts';
import { chooseNetwork } from './network.ts';
import type { Command } from './options.ts';
import { planFiles } from './plan.ts';
import { fetchPrograms } from './programs.ts';
import { type InstallRecord, NOTHING, readRecord, writeRecord } from './record.ts';
import type { System } from './system.ts';

export interface Installation {
  readonly command: Command;
  readonly checkout: string;
  readonly nodePath: string;
  /** Null below another root: then only files are written. */
  readonly system: System | null;
  say(line: string): void;
}

/** What netd reads at its start only. */
const NETD_FILES: readonly string[] = [NETD, NETD_NODE, UNIT];

/** @throws InstallError */
export async function install({ command, checkout, nodePath, system, say }: Installation): Promise<void> {
  const { root, place, extensions, member: user } = command;
  if (system && user !== null && !(await system.userExists(user))) throw unknownUser(user);
  const profile = await chooseNetwork({ file: command.network, checkout, installed: join(root, place.network) });
  say(`network: ${profile.name} (chain ${profile.chainId})`);
  const programs = place.programs === null || root !== '/' ? null : await fetchPrograms(place.programs, say);
  const planned = await planFiles({ checkout, nodePath, profile, extensions, place });
  const files = [...planned, ...(programs?.files ?? [])];
  const before = (await readRecord(root, place)) ?? NOTHING;
  const members = system ? await system.members() : null;

  const paths = files.map(({ path }) => path);
  const folders = missingFolders(root, [...paths, place.record]);
  const joins = system && user !== null && !members?.includes(user) ? [user] : [];
  const record: InstallRecord = {
    version: 1,
    files: [...new Set([...before.files, ...paths])],
    folders: [...new Set([...before.folders, ...folders])],
    groupCreated: before.groupCreated || (system !== null && members === null),
    users: [...new Set([...before.users, ...joins])],
  };
  await makeFolders(root, folders, place.folderMode);
  await writeRecord(root, place, record);

  const changed = new Set<string>();
  for (const file of files) {
    if (await putFile(root, file)) changed.add(file.path);
    say(`${changed.has(file.path) ? 'wrote' : 'kept '} ${file.path}`);
  }
  for (const path of record.files.filter((old) => !paths.includes(old)))
    if (await removeFile(root, path)) say(`removed ${path}, which is not needed any more`);
  await writeRecord(root, place, { ...record, files: paths });
  await programs?.discard();
  for (const sentence of await boxedBrowsers(root)) say(sentence);

  if (place !== MACHINE)
    return say(`installed for you alone: nothing runs as root. "./warren doctor" says whether all is well`);
  if (!system) return say(`below ${root}: no group was made and no service started`);
  await admit(system, members, joins, user, say);
  await startNetd(
    system,
    NETD_FILES.some((path) => changed.has(path)),
    say,
  );
}

async function admit(
  system: System,
  members: readonly string[] | null,
  joins: readonly string[],
  user: string | null,
  say: Installation['say'],
): Promise<void> {
  if (members === null) {
    await system.createGroup();
    say(`made the group ${GROUP}`);
  }
  for (const name of joins) {
    await system.addMember(name);
    say(`${name} joined the group ${GROUP}: log out and in again, so that your browser runs with it`);
  }
  if (user === null) say(`nobody joined the group ${GROUP}: add whoever uses the browser with --member NAME`);
  else if (joins.length === 0) say(`${user} is in the group ${GROUP}`);
}

async function startNetd(system: System, restart: boolean, say: Installation['say']): Promise<void> {
  if (system.hasSystemd) {
    await system.startService(restart);
    return say('warren-netd runs, and starts with the machine');
  }
  say('systemd does not run here: start the network daemon yourself, each time the machine has started:');
  say(`  sudo install -d -g ${GROUP} -m 0750 ${NETD_RUNTIME}`);
  say(`  sudo ${[NETD_NODE, NETD, ...NETD_ARGUMENTS].join(' ')}`);
}

function unknownUser(name: string): InstallError {
  return new InstallError(
    'user_unknown',
    `There is no user "${name}".`,
    'Pass --member with the name of who uses the browser.',
  );
}
