/** What the node asks of its machine: the daemon that makes tunnels, the kernel's WireGuard, forwarding, the clock. */
import { existsSync } from 'node:fs';
import { WarrenError } from '../../shared/base/errors.ts';
import { clockAhead, clockKeeper, clockMend } from '../../shared/node/clock-offset.ts';
import { moduleState } from '../../shared/node/kernel-module.ts';
import { by, type Mend } from '../../shared/node/mending.ts';
import { connectNetd } from '../../shared/node/netd-client.ts';
import { joinGroup, LOAD_WIREGUARD, START_UNIT } from '../../shared/node/netd-mends.ts';
import { userName } from '../../shared/node/user-name.ts';
import { GROUP, groupStateOf } from '../../shared/node/warren-group.ts';
import { type ForwardLook, NETD_VERSION } from '../../shared/wire/netd.ts';
import type { NetworkProfile } from '../../shared/wire/network.ts';
import { type Finding, ill, well } from './finding.ts';

const NETD = 'warren-netd';
const FORWARDING = 'Forwarding';
const CLOCK = 'Clock';
/** Clients refuse a handshake that is two minutes off; this leaves room for theirs. */
const CLOCK_WITHIN_MS = 30_000;

/** @param socket where netd listens. */
export async function lookAtNetd(socket: string): Promise<readonly Finding[]> {
  try {
    const device = await connectNetd(socket);
    try {
      const { backend, splice, forwarding } = await device.ask({
        verb: 'hello',
        version: NETD_VERSION,
        forwarding: true,
      });
      return [netdFinding(backend, splice), ...(forwarding ? forwardFindings(forwarding) : [])];
    } finally {
      await device.close();
    }
  } catch (thrown) {
    if (thrown instanceof WarrenError) return [ill(NETD, thrown.message, netdMend(thrown))];
    throw thrown;
  }
}

function netdFinding(backend: 'kernel' | 'wireguard-go', splice: boolean): Finding {
  if (!splice)
    return ill(
      NETD,
      'nftables on this machine does not take what Warren needs.',
      'Run "sudo apt install nftables perl-base", and use a kernel from Debian 12 on.',
    );
  if (backend === 'kernel') return well(NETD, 'answers, WireGuard of the kernel');
  const slow = 'answers, WireGuard of wireguard-go, which is slower than the kernel’s';
  if (moduleState('wireguard') === 'missing') return well(NETD, `${slow}; this kernel has none`);
  // It chooses at its start.
  const command = `${LOAD_WIREGUARD.command}, then sudo systemctl restart warren-netd while no client is here`;
  return well(NETD, slow, { ...LOAD_WIREGUARD, command });
}

function netdMend(error: WarrenError): Mend | string {
  const code = error.cause instanceof Error && 'code' in error.cause ? error.cause.code : null;
  if (code === 'EACCES' || code === 'EPERM') {
    const user = userName();
    const isAsleep = groupStateOf(user) === 'asleep';
    return isAsleep ? `You joined the group ${GROUP} after this log-in: log out and in again.` : joinGroup(user);
  }
  const isDown = code === 'ENOENT' || code === 'ECONNREFUSED';
  return isDown && existsSync('/run/systemd/system') ? START_UNIT : error.action;
}

function forwardFindings({ switchable, droppedBy }: ForwardLook): readonly Finding[] {
  if (!switchable)
    return [
      ill(
        FORWARDING,
        'warren-netd may not switch forwarding on: /proc/sys is read-only, as in a container.',
        'Start the container with --sysctl net.ipv4.ip_forward=1 --sysctl net.ipv6.conf.all.forwarding=1.',
      ),
    ];
  if (droppedBy.length === 0) return [well(FORWARDING, 'no other firewall stands in the way of clients')];
  return droppedBy.map((chain) =>
    ill(FORWARDING, `another firewall of this machine drops what clients send: the chain "${chain}"`, letPass(chain)),
  );
}

/** At the head of the chain, before whatever drops. */
function letPass(chain: string): Mend {
  const rules = ['iifname', 'oifname'].map((key) => `insert rule ${chain} ${key} "wrn*" accept`);
  return by(['sudo', 'nft', rules.join('; ')], {
    does: "What comes from Warren's tunnels and goes into them passes that firewall, until it is loaded anew; what clients may reach is still limited by Warren's own rules.",
    undo: `sudo nft -a list chain ${chain}, then sudo nft delete rule ${chain} handle N for the two rules with "wrn*"`,
  });
}

export async function lookAtClock(profile: NetworkProfile): Promise<Finding> {
  const ahead = await clockAhead(profile);
  if (ahead === null) return well(CLOCK, 'nobody to compare it with');
  if (Math.abs(ahead) <= CLOCK_WITHIN_MS) return well(CLOCK, 'right');
  const seconds = Math.round(Math.abs(ahead) / 1000);
  const text = `${seconds} s ${ahead > 0 ? 'ahead' : 'behind'}: clients would refuse this node`;
  return ill(CLOCK, text, clockMend(clockKeeper()));
}
