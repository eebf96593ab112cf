/** Looks for whoever could make tunnels. */
import { existsSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { WarrenError } from '../../../shared/base/errors.ts';
import { moduleState } from '../../../shared/node/kernel-module.ts';
import { connectNetd } from '../../../shared/node/netd-client.ts';
import { userName } from '../../../shared/node/user-name.ts';
import { groupStateOf } from '../../../shared/node/warren-group.ts';
import { NETD_VERSION } from '../../../shared/wire/netd.ts';
import { placeOf, UNIT, UNIT_NAME } from '../../install/layout.ts';
import { NAMESPACES } from '../../rootless/unshare.ts';
import type { TunnelFacts } from '../facts.ts';
import { hasProgram, mayOpen, read, run } from './system.ts';

const UNITS = [UNIT, `/usr/lib/systemd/system/${UNIT_NAME}`, `/lib/systemd/system/${UNIT_NAME}`];
const SYSCTL = '/proc/sys';
const TUN = '/dev/net/tun';

/** @param named the profile that was named on the command line. */
export async function probeTunnels(netdSocket: string, named: string | null): Promise<TunnelFacts> {
  const user = userName();
  const place = placeOf(homedir());
  const own = place.programs ?? '';
  // The first thing that is done inside: some systems let a namespace be made, and allow nothing in it.
  const inside = hasProgram('ip') ? ['ip', 'link', 'set', 'dev', 'lo', 'up'] : ['true'];
  const { code, stderr } = await run('unshare', [...NAMESPACES, '--', ...inside]);
  const work = code === 0;
  return {
    netd: await askNetd(netdSocket),
    unit: UNITS.some((path) => existsSync(path)),
    systemd: existsSync('/run/systemd/system'),
    network: { named, own: existsSync(place.network) ? place.network : null },
    group: groupStateOf(user),
    user,
    namespaces: { work, said: stderr.split('\n').at(-1) ?? '', forbiddenBy: work ? null : forbiddenBy() },
    wireGuard: {
      module: moduleState('wireguard'),
      tool: hasProgram('wg', own),
      go: hasProgram('wireguard-go', own),
      ...tunState(),
    },
    missingPackages: [
      ...(hasProgram('ip') ? [] : ['iproute2']),
      ...(hasProgram('nft') ? [] : ['nftables']),
      ...(hasProgram('mount') ? [] : ['mount']),
    ],
  };
}

async function askNetd(socket: string): Promise<TunnelFacts['netd']> {
  try {
    const device = await connectNetd(socket);
    const { backend } = await device.ask({ verb: 'hello', version: NETD_VERSION });
    await device.close();
    return { state: 'answers', backend };
  } catch (error) {
    if (!(error instanceof WarrenError)) return { state: 'silent' };
    if (error.code === 'version_unsupported') return { state: 'old', message: error.message };
    const code = error.cause instanceof Error && 'code' in error.cause ? error.cause.code : null;
    if (code === 'EACCES' || code === 'EPERM') return { state: 'denied' };
    return { state: code === 'ENOENT' || code === 'ENOTDIR' ? 'absent' : 'silent' };
  }
}

function forbiddenBy(): TunnelFacts['namespaces']['forbiddenBy'] {
  const is = (key: string, value: string) => read(`${SYSCTL}/${key}`)?.trim() === value;
  if (is('user/max_user_namespaces', '0')) return 'limit';
  if (is('kernel/unprivileged_userns_clone', '0')) return 'sysctl';
  return is('kernel/apparmor_restrict_unprivileged_userns', '1') ? 'apparmor' : null;
}

function tunState(): Pick<TunnelFacts['wireGuard'], 'tun' | 'tunMode'> {
  const mode = statSync(TUN, { throwIfNoEntry: false })?.mode;
  if (mode === undefined) return { tun: 'missing', tunMode: '' };
  return { tun: mayOpen(TUN) ? 'open' : 'closed', tunMode: `0${(mode & 0o777).toString(8)}` };
}
