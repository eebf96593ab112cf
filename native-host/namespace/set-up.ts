/** Furnishes the fresh namespace: a folder in memory for WireGuard's sockets, loopback, and netd's belt. */
import { CALLED } from '../../shared/base/called.ts';
import { WarrenError } from '../../shared/base/errors.ts';
import { Belt } from '../netd/belt.ts';
import { CommandFailed, find, findPrograms, run } from '../netd/commands.ts';
import { Forwarding } from '../netd/forwarding.ts';
import type { Log, Machine } from '../netd/machine.ts';
import { Nft } from '../netd/nft.ts';
import { Routes } from '../netd/routes.ts';
import { chooseWireGuard } from '../netd/wireguard-choice.ts';

/** Hidden from everybody outside by the mount over it. */
const RUNTIME = '/run';

/** A cause may name links, never peers. */
const log: Log = (level, message, cause) => {
  const detail = cause === undefined ? '' : `: ${cause instanceof Error ? cause.message : String(cause)}`;
  process.stderr.write(`namespace, ${level}: ${message}${detail}\n`);
};

/** @throws WarrenError `wireguard_unavailable` naming what is missing on this machine. */
export async function setUp(): Promise<Machine> {
  const prlimit = find('prlimit');
  if (prlimit) await run(prlimit, ['--pid', String(process.pid), '--core=0:0']).catch(() => undefined);
  const programs = findPrograms(process.env.WARREN_PROGRAMS ?? null);
  const mount = find('mount') ?? '/bin/mount';
  await run(mount, ['-t', 'tmpfs', '-o', 'mode=0700,nosuid,nodev', 'tmpfs', RUNTIME]);
  await run(programs.ip, ['link', 'set', 'dev', 'lo', 'up']);
  const nft = new Nft(programs.nft);
  const belt = new Belt(nft);
  await belt.install().catch((error: unknown) => {
    if (error instanceof CommandFailed) throw noFirewall(error);
    throw error;
  });
  return {
    programs,
    nft,
    belt,
    routes: new Routes(programs.ip),
    forwarding: new Forwarding(RUNTIME, 'own'),
    wireguard: await chooseWireGuard(programs, RUNTIME),
    // Packets are joined outside, where the ports are: see ../rootless/pump.ts.
    splice: true,
    log,
  };
}

function noFirewall(cause: CommandFailed): WarrenError {
  return new WarrenError(
    'wireguard_unavailable',
    'This kernel lets an ordinary user set no nftables rules, not even in a namespace.',
    `Run "sudo modprobe nf_tables", or install the network daemon with "${CALLED.daemon}".`,
    { cause },
  );
}
