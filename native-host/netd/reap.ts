/**
 * Cleans up after a predecessor that was killed: links, processes, routes and tables that bear netd's
 * marks, in this process's own network namespace only. Several netds run on one machine, each in its
 * namespace; two in the same one would reap each other, so a second refuses to start.
 */
import { readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from './commands.ts';
import type { Machine } from './machine.ts';
import { isOurTable, TUNNEL_NAME } from './marks.ts';
import { isDeaf, UAPI_DIRECTORY, uapiSocket } from './uapi.ts';

export const PROCESS_TITLE = 'warren-netd';
const EXIT_LIMIT_MS = 2_000;
const EXIT_POLL_MS = 10;
const SOCKET_YOUTH_MS = 60_000;

interface Process {
  readonly pid: number;
  readonly argv: readonly string[];
}

/** The network namespace of this process, as a number that fits into a file name. */
export function ownNamespace(): string {
  return /\d+/.exec(readlinkSync('/proc/self/ns/net'))?.[0] ?? '0';
}

/** @throws Error naming the process id when this namespace has a netd already. */
export function refuseSecond(): void {
  const other = neighbours().find(({ pid, argv }) => pid !== process.pid && argv[0] === PROCESS_TITLE);
  if (other) throw new Error(`warren-netd runs already in this network namespace (process ${other.pid})`);
}

/** Order as in a tunnel's own end: processes and links first, so that no address is left to leak. */
export async function reap({ programs, nft, routes, forwarding, log }: Machine): Promise<void> {
  for (const { pid, argv } of neighbours()) {
    const link = argv.find((argument) => TUNNEL_NAME.test(argument));
    if (!argv[0]?.endsWith('wireguard-go') || link === undefined) continue;
    await end(pid);
    rmSync(uapiSocket(link), { force: true });
    log('info', `reaped wireguard-go of ${link}`);
  }
  for (const link of await links(programs.ip)) {
    await run(programs.ip, ['link', 'del', 'dev', link]).catch((error: unknown) => log('warn', `link ${link}`, error));
    log('info', `reaped link ${link}`);
  }
  for (const table of await routes.tablesInUse()) if (isOurTable(table)) await routes.remove(table);
  for (const item of await nft.list('tables')) {
    const name = tableName(item);
    if (name !== null && TUNNEL_NAME.test(name)) await nft.apply(`delete table inet ${name}\n`);
  }
  await removeDeafSockets();
  forwarding.restore();
}

/** Control sockets of killed wireguard-go's. Their folder is common to all namespaces: only what nobody serves. */
async function removeDeafSockets(): Promise<void> {
  for (const file of filesIn(UAPI_DIRECTORY)) {
    const link = file.replace(/\.sock$/, '');
    if (link === file || !TUNNEL_NAME.test(link)) continue;
    const stat = statSync(uapiSocket(link), { throwIfNoEntry: false });
    // A young one may belong to a process that is just starting to listen.
    if (stat && Date.now() - stat.mtimeMs > SOCKET_YOUTH_MS && (await isDeaf(link)))
      rmSync(uapiSocket(link), { force: true });
  }
}

function filesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** Root's processes in our network namespace (an ordinary user can call a process anything). */
function neighbours(): readonly Process[] {
  const own = readlinkSync('/proc/self/ns/net');
  const found: Process[] = [];
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      if (readlinkSync(`/proc/${entry}/ns/net`) !== own) continue;
      if (!/^Uid:\t0\t/m.test(readFileSync(`/proc/${entry}/status`, 'utf8'))) continue;
      const argv = readFileSync(`/proc/${entry}/cmdline`, 'utf8')
        .split('\0')
        .map((argument) => argument.trim());
      found.push({ pid: Number(entry), argv });
    } catch {
      // It ended while we looked.
    }
  }
  return found;
}

async function end(pid: number): Promise<void> {
  const deadline = Date.now() + EXIT_LIMIT_MS;
  for (let signal: NodeJS.Signals | 0 = 'SIGTERM'; ; signal = 0) {
    try {
      process.kill(pid, Date.now() > deadline ? 'SIGKILL' : signal);
    } catch {
      return;
    }
    if (!isRunning(pid) || Date.now() > deadline + EXIT_LIMIT_MS) return;
    await sleep(EXIT_POLL_MS);
  }
}

/** A zombie that nobody waits for still takes signals. */
function isRunning(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

async function links(ip: string): Promise<readonly string[]> {
  const shown: unknown = JSON.parse(await run(ip, ['-json', 'link', 'show']));
  if (!Array.isArray(shown)) return [];
  return (shown as readonly { readonly ifname?: unknown }[])
    .map((link) => link.ifname)
    .filter((name): name is string => typeof name === 'string' && TUNNEL_NAME.test(name));
}

function tableName(item: unknown): string | null {
  if (typeof item !== 'object' || item === null || !('table' in item)) return null;
  const table = item.table;
  if (typeof table !== 'object' || table === null || !('name' in table) || !('family' in table)) return null;
  return table.family === 'inet' && typeof table.name === 'string' ? table.name : null;
}
