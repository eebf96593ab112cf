/** Looks for whoever could make tunnels. */
import { existsSync } from 'node:fs';
import { homedir, release, userInfo } from 'node:os';
import { WarrenError } from '../../../shared/base/errors.ts';
import { connectNetd } from '../../../shared/node/netd-client.ts';
import { NETD_VERSION } from '../../../shared/wire/netd.ts';
import { GROUP, placeOf, UNIT, UNIT_NAME } from '../../install/layout.ts';
import { NAMESPACES } from '../../rootless/unshare.ts';
import type { TunnelFacts } from '../facts.ts';
import { hasProgram, mayOpen, read, run } from './system.ts';

const UNITS = [UNIT, `/usr/lib/systemd/system/${UNIT_NAME}`, `/lib/systemd/system/${UNIT_NAME}`];
const SYSCTL = '/proc/sys';
const TUN = '/dev/net/tun';

export async function probeTunnels(netdSocket: string): Promise<TunnelFacts> {
  const user = userName();
  const own = placeOf(homedir()).programs ?? '';
  // The first thing that is done inside: some systems let a namespace be made, and allow nothing in it.
  const inside = hasProgram('ip') ? ['ip', 'link', 'set', 'dev', 'lo', 'up'] : ['true'];
  const { code, stderr } = await run('unshare', [...NAMESPACES, '--', ...inside]);
  const work = code === 0;
  return {
    netd: await askNetd(netdSocket),
    unit: UNITS.some((path) => existsSync(path)),
    group: groupOf(user),
    user,
    namespaces: { work, said: stderr.split('\n').at(-1) ?? '', forbiddenBy: work ? null : forbiddenBy() },
    wireGuard: {
      module: moduleState(),
      tool: hasProgram('wg', own),
      go: hasProgram('wireguard-go', own),
      tun: !existsSync(TUN) ? 'missing' : mayOpen(TUN) ? 'open' : 'closed',
    },
    missingPackages: [
      ...(hasProgram('ip') ? [] : ['iproute2']),
      ...(hasProgram('nft') ? [] : ['nftables']),
      ...(hasProgram('mount') ? [] : ['mount']),
    ],
  };
}

/** A user of whom the system knows only the number is told by it. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? '');
  }
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

function groupOf(user: string): TunnelFacts['group'] {
  const line = read('/etc/group')
    ?.split('\n')
    .find((text) => text.startsWith(`${GROUP}:`));
  if (line === undefined) return 'missing';
  const [, , gid, members = ''] = line.split(':');
  if (process.getgroups?.().includes(Number(gid))) return 'member';
  return members.split(',').includes(user) ? 'asleep' : 'outside';
}

function forbiddenBy(): TunnelFacts['namespaces']['forbiddenBy'] {
  const is = (key: string, value: string) => read(`${SYSCTL}/${key}`)?.trim() === value;
  if (is('user/max_user_namespaces', '0')) return 'limit';
  if (is('kernel/unprivileged_userns_clone', '0')) return 'sysctl';
  return is('kernel/apparmor_restrict_unprivileged_userns', '1') ? 'apparmor' : null;
}

function moduleState(): TunnelFacts['wireGuard']['module'] {
  if (existsSync('/sys/module/wireguard')) return 'loaded';
  const folder = `/lib/modules/${release()}`;
  const known = [read(`${folder}/modules.dep`), read(`${folder}/modules.builtin`)];
  return known.some((text) => text?.includes('/wireguard.ko')) ? 'there' : 'missing';
}
