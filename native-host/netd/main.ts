/**
 * warren-netd: the one privileged process (CAP_NET_ADMIN). It makes WireGuard links, routes and nftables
 * rules on request, within Warren's own names and ranges. It parses no packet from the network and knows
 * no wallet, identity or provider.
 *
 *   main.ts --socket PATH --group GID|NAME --runtime DIR
 */
import { mkdirSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Belt } from './belt.ts';
import { find, findPrograms, run } from './commands.ts';
import { Forwarding } from './forwarding.ts';
import type { Log, Machine } from './machine.ts';
import { freshTunnelName } from './marks.ts';
import { Nft } from './nft.ts';
import { ownNamespace, PROCESS_TITLE, reap, refuseSecond } from './reap.ts';
import { Routes } from './routes.ts';
import { listen } from './server.ts';
import { NO_SPLICE, spliceOf, spliceRules } from './splice.ts';
import { clientTable } from './table.ts';
import { Tunnels } from './tunnels.ts';
import { chooseWireGuard } from './wireguard-choice.ts';

/** statfs(2) magic numbers of the file systems that live in memory. */
const TMPFS = 0x01021994;
const RAMFS = 0x858458f6;

/** To the journal. A level first, as sd-daemon(3) reads it; a cause may name links, never peers. */
const log: Log = (level, message, cause) => {
  const detail = cause === undefined ? '' : `: ${cause instanceof Error ? cause.message : String(cause)}`;
  process.stderr.write(`${level === 'warn' ? '<4>' : '<6>'}${message}${detail}\n`);
};

async function main(): Promise<void> {
  const options = readOptions();
  await forbidCoreDumps();
  refuseSecond();
  process.title = PROCESS_TITLE;
  requireTmpfs(options.runtime);

  const machine = await lookAround(options.runtime);
  await reap(machine);
  await machine.belt.install();
  const tunnels = new Tunnels(machine);
  const server = await listen({
    path: options.socket,
    gid: options.gid,
    tunnels,
    perl: machine.programs.perl,
    log,
  });
  log('info', `ready: ${machine.wireguard.kind}${machine.splice ? ', splice' : ''}`);

  const stop = async () => {
    server.close();
    await tunnels.destroyAll();
    rmSync(options.socket, { force: true });
    process.exit(0);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

function readOptions(): { readonly socket: string; readonly gid: number; readonly runtime: string } {
  const { values } = parseArgs({
    options: {
      socket: { type: 'string', default: '/run/warren/netd.sock' },
      group: { type: 'string', default: 'warren' },
      runtime: { type: 'string', default: '/run/warren' },
    },
  });
  return { socket: values.socket, gid: groupId(values.group), runtime: values.runtime };
}

function groupId(group: string): number {
  if (/^\d{1,9}$/.test(group)) return Number(group);
  for (const line of readFileSync('/etc/group', 'utf8').split('\n')) {
    const [name, , gid] = line.split(':');
    if (name === group) return Number(gid);
  }
  throw new Error(`there is no group "${group}": run "sudo groupadd --system ${group}"`);
}

/** Keys pass through this process: no copy of its memory may reach a disk. Children inherit the limit. */
async function forbidCoreDumps(): Promise<void> {
  const prlimit = find('prlimit');
  if (prlimit) await run(prlimit, ['--pid', String(process.pid), '--core=0:0']);
  else log('warn', 'prlimit is missing: core dumps are as the system has them');
}

function requireTmpfs(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o750 });
  const { type } = statfsSync(directory);
  if (type !== TMPFS && type !== RAMFS) throw new Error(`${directory} is not on tmpfs: netd keeps nothing on a disk`);
}

async function lookAround(runtime: string): Promise<Machine> {
  const programs = findPrograms();
  const nft = new Nft(programs.nft);
  const probe = freshTunnelName();
  const route = { remote: { address: '192.0.2.1', port: 1 }, from: 40001 };
  const probeSplice = spliceRules(probe, 51820, spliceOf([40000, 40001], 40000, [route], 2), NO_SPLICE);
  const objection = await nft.objection(clientTable(probe) + probeSplice);
  if (objection) log('warn', 'nftables does not take the splice', objection);
  if (programs.perl === null) log('warn', 'perl is missing: whose a port is can not be told, so none is spliced');
  return {
    programs,
    nft,
    routes: new Routes(programs.ip),
    belt: new Belt(nft),
    forwarding: new Forwarding(runtime, ownNamespace()),
    wireguard: await chooseWireGuard(programs, runtime),
    splice: objection === null && programs.perl !== null,
    log,
  };
}

main().catch((error: unknown) => {
  log('warn', 'warren-netd does not start', error);
  process.exit(1);
});
