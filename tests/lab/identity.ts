/**
 * Who a lab is: every thing that one run creates bears its id in its name, so that whatever is
 * left of a dead run can be found and removed by name alone.
 */
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '');

const ID = /^[0-9a-f]{6}$/;
const RUN = '/run';
const DISK = '/var/tmp';
const PREFIX = 'warren-lab-';

export interface LabPaths {
  readonly id: string;
  /** A tmpfs of its own: runtime folders, sockets, logs. */
  readonly run: string;
  /** Real disk: browser profiles and key stores, where a secret must never land in clear. */
  readonly disk: string;
  /** This work tree, bound read-only, so that an ordinary user can read it wherever it lies. */
  readonly source: string;
  /** Beside it: what Node compiled of it. */
  readonly code: string;
  readonly logs: string;
  /** First of four user ids that exist nowhere else on this machine. */
  readonly uid: number;
}

export function newId(): string {
  return randomBytes(3).toString('hex');
}

export function paths(id: string): LabPaths {
  if (!ID.test(id)) throw new RangeError(`not a lab id: ${id}`);
  const run = `${RUN}/${PREFIX}${id}`;
  const uid = 500_000_000 + Number.parseInt(id, 16) * 4;
  return {
    id,
    run,
    disk: `${DISK}/${PREFIX}${id}`,
    source: `${run}/src`,
    code: `${run}/code`,
    logs: `${run}/logs`,
    uid,
  };
}

/** `w<id>-<name>`: the full name of a network namespace of this lab. */
export function namespaceName(id: string, name: string): string {
  return `w${id}-${name}`;
}

/** Ids of all labs of which anything is left on this machine. */
export function knownIds(): string[] {
  const ids = new Set<string>();
  for (const folder of [RUN, DISK]) {
    for (const name of list(folder)) if (name.startsWith(PREFIX)) ids.add(name.slice(PREFIX.length));
  }
  for (const folder of ['/run/netns', '/etc/netns']) {
    for (const name of list(folder)) {
      const match = /^w([0-9a-f]{6})-/.exec(name);
      if (match) ids.add(match[1] as string);
    }
  }
  return [...ids].filter((id) => ID.test(id));
}

/** `pid:starttime` of a process: a number that was handed out again does not pass for the old owner. */
export function processStamp(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return null;
    return `${pid}:${fields[19]}`;
  } catch {
    return null;
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
