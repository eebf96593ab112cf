/**
 * Removes everything that bears a lab's id: processes, namespaces, mounts, files. Synchronous, since
 * it also runs on the way out of a dying process. Deletes no folder recursively that could hold a
 * mount: the tmpfs and the bound work tree are unmounted, never walked.
 */
import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { knownIds, namespaceName, paths, processStamp } from './identity.ts';
import { runSync } from './run.ts';

const OWNER = 'owner';
export const ownerFile = (id: string): string => join(paths(id).run, OWNER);

function namespacesOf(id: string): string[] {
  const prefix = namespaceName(id, '');
  const output = runSync('ip', ['netns', 'list']) ?? '';
  return output
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '')
    .filter((name) => name.startsWith(prefix));
}

function killAllIn(namespaces: readonly string[], uid: number): boolean {
  const pids = new Set<number>();
  for (const namespace of namespaces) {
    for (const pid of (runSync('ip', ['netns', 'pids', namespace]) ?? '').split('\n')) if (pid) pids.add(Number(pid));
  }
  // A browser's helpers live in network namespaces of their own; their user id tells whose they are.
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const owner = uidOf(entry);
    if (owner !== null && owner >= uid && owner < uid + 4) pids.add(Number(entry));
  }
  let alive = false;
  for (const pid of pids) {
    if (pid === process.pid || processStamp(pid) === null) continue;
    alive = true;
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself between the look and the signal.
    }
  }
  return alive;
}

/** Names of all WireGuard links that these namespaces have, or had: netd names their nftables tables alike. */
function tunnelsIn(namespaces: readonly string[]): Set<string> {
  const names = new Set<string>();
  for (const namespace of namespaces) {
    const links = runSync('ip', ['-n', namespace, '-o', 'link', 'show']) ?? '';
    const tables = runSync('ip', ['netns', 'exec', namespace, 'nft', 'list', 'tables']) ?? '';
    for (const [name] of `${links}${tables}`.matchAll(/\bwrn[0-9a-f]{6,12}\b/g)) names.add(name);
  }
  return names;
}

function uidOf(pid: string): number | null {
  try {
    return Number(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? -1);
  } catch {
    return null;
  }
}

function mountsUnder(folder: string): string[] {
  const points = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((point) => point === folder || point.startsWith(`${folder}/`));
  return points.reverse();
}

/** Removes one lab, alive or dead. Running it twice does no harm. */
export function removeLab(id: string): void {
  const { run, disk, uid } = paths(id);
  const namespaces = namespacesOf(id);
  const tunnels = tunnelsIn(namespaces);
  for (let round = 0; round < 50 && killAllIn(namespaces, uid); round++) runSync('sleep', ['0.02']);
  // wireguard-go's control sockets lie in one folder for the whole machine; killed, it leaves them.
  for (const tunnel of tunnels) rmSync(`/var/run/wireguard/${tunnel}.sock`, { force: true });
  for (const namespace of namespaces) runSync('ip', ['netns', 'del', namespace]);
  const prefix = namespaceName(id, '');
  if (existsSync('/etc/netns')) {
    for (const name of readdirSync('/etc/netns')) {
      if (name.startsWith(prefix)) rmSync(join('/etc/netns', name), { recursive: true, force: true });
    }
  }
  for (const point of mountsUnder(run)) runSync('umount', ['-l', point]);
  if (existsSync(run) && mountsUnder(run).length === 0) {
    try {
      rmdirSync(run);
    } catch {
      // Not empty: somebody else put a file there after the tmpfs had gone; it is not ours to delete.
    }
  }
  rmSync(disk, { recursive: true, force: true });
}

function ownerAlive(id: string): boolean {
  try {
    const stamp = readFileSync(ownerFile(id), 'utf8').trim();
    return stamp !== '' && processStamp(Number(stamp.split(':')[0])) === stamp;
  } catch {
    return false;
  }
}

/** Removes what dead runs left behind; returns their ids. Labs whose owner lives are not touched. */
export function reapDeadLabs(): string[] {
  const dead = knownIds().filter((id) => !ownerAlive(id) && !justBorn(id));
  for (const id of dead) removeLab(id);
  return dead;
}

/** The folder and the mount on it are made before the owner file can be: until then the folder itself is the claim. */
function justBorn(id: string): boolean {
  const { run } = paths(id);
  return existsSync(run) && !existsSync(ownerFile(id)) && Date.now() - statSync(run).mtimeMs < 10_000;
}
