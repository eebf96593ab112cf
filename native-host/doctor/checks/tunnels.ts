/**
 * Who can make tunnels here. One of two is enough: warren-netd, or a namespace of the user's own. What is
 * wrong with one is a problem only where the other does not stand in.
 */
import type { Mend } from '../../../shared/node/mending.ts';
import { joinGroup, LOAD_WIREGUARD, START_UNIT } from '../../../shared/node/netd-mends.ts';
import type { TunnelFacts } from '../facts.ts';
import { ok, problem, type Verdict, warning } from '../verdict.ts';
import { installPackages, LOAD_TUN, openTun, START_BY_HAND } from './mends.ts';
import type { Remedies } from './remedies.ts';

export function checkTunnels(facts: TunnelFacts, remedies: Remedies): readonly Verdict[] {
  return [
    checkDaemon(facts, remedies),
    checkNamespaces(facts, remedies),
    checkWireGuard(facts, remedies),
    checkPrograms(facts),
  ].flat();
}

/** Everything that a namespace needs is there. */
export function isRootlessPossible({ namespaces, wireGuard, missingPackages }: TunnelFacts): boolean {
  return namespaces.work && missingPackages.length === 0 && (hasKernel(wireGuard) || hasGo(wireGuard));
}

function checkDaemon(facts: TunnelFacts, { daemon }: Remedies): Verdict | readonly Verdict[] {
  const { netd, unit, group, user } = facts;
  const name = 'daemon';
  const install = daemon(facts.network.named ?? facts.network.own);
  const down = problem(name, 'warren-netd is installed and does not run.', facts.systemd ? START_UNIT : START_BY_HAND);
  switch (netd.state) {
    case 'answers':
      return ok(name, `warren-netd runs, WireGuard in ${netd.backend === 'kernel' ? 'the kernel' : netd.backend}.`);
    case 'old':
      return problem(name, netd.message, { ...install, command: `${install.command}, then restart the browser` });
    case 'denied': {
      const say = isRootlessPossible(facts) ? warning : problem;
      if (group === 'asleep')
        return say('group', 'You joined the group warren, but this session began before that.', {
          command: 'log out and in again',
        });
      if (group === 'outside')
        return say(
          'group',
          'warren-netd runs, but you are not in the group warren, which may speak to it.',
          joinGroup(user),
        );
      return say('group', 'warren-netd runs, but this user may not speak to it.', install);
    }
    case 'silent':
      return down;
    case 'absent':
      if (unit) return down;
      return isRootlessPossible(facts)
        ? ok(
            name,
            'warren-netd is not installed; tunnels are made in a namespace of your own, without root. With it they are somewhat faster.',
          )
        : problem(name, 'warren-netd is not installed, and nothing can stand in for it.', install);
  }
}

function checkNamespaces(facts: TunnelFacts, remedies: Remedies): Verdict {
  const { netd, namespaces } = facts;
  const name = 'namespaces';
  if (namespaces.work) return ok(name, 'An ordinary user may make user and network namespaces.');
  const instead = insteadOfNamespaces(facts, remedies);
  const orFor = (setting: string): Mend => ({
    ...instead,
    command: `${instead.command} (or, for every program: sudo sysctl ${setting})`,
  });
  const spared = (_: string, text: string): Verdict => ok(name, `${text} The daemon needs none.`);
  const say: (check: string, text: string, mend: Mend) => Verdict = netd.state === 'answers' ? spared : problem;
  switch (namespaces.forbiddenBy) {
    case 'apparmor':
      return say(
        name,
        'AppArmor forbids user namespaces to ordinary programs here, as Ubuntu sets it.',
        orFor('kernel.apparmor_restrict_unprivileged_userns=0'),
      );
    case 'sysctl':
      return say(
        name,
        'The kernel is set to forbid user namespaces to ordinary users.',
        orFor('kernel.unprivileged_userns_clone=1'),
      );
    case 'limit':
      return say(
        name,
        'The kernel is set to allow no user namespaces at all.',
        orFor('user.max_user_namespaces=15000'),
      );
    case null:
      return say(
        name,
        `This system makes no namespaces for ordinary users (${namespaces.said || 'it does not say why'}).`,
        instead,
      );
  }
}

function insteadOfNamespaces({ netd, unit, network }: TunnelFacts, { daemon }: Remedies): Mend {
  if (netd.state === 'denied') return { command: 'use the daemon (see "group"): it needs none' };
  if (unit || netd.state === 'silent') return { command: 'let the daemon run (see "daemon"): it needs none' };
  const install = daemon(network.named ?? network.own);
  return { ...install, command: `${install.command}: the daemon needs none` };
}

function checkWireGuard({ netd, wireGuard, network }: TunnelFacts, remedies: Remedies): Verdict {
  const name = 'wireguard';
  const { module, tool, go, tun, tunMode } = wireGuard;
  if (netd.state === 'answers') return ok(name, `WireGuard works (${netd.backend}).`);
  if (hasKernel(wireGuard)) return ok(name, "The kernel's WireGuard is loaded.");
  if (hasGo(wireGuard))
    return module === 'there' && tool
      ? warning(
          name,
          "wireguard-go is used, since the kernel's WireGuard, which is faster, is not loaded.",
          LOAD_WIREGUARD,
        )
      : ok(name, 'wireguard-go is there, and may make its device.');
  if (module === 'there')
    return tool
      ? problem(name, "The kernel's WireGuard is not loaded, and wireguard-go can not stand in.", LOAD_WIREGUARD)
      : problem(name, 'WireGuard is not set up.', remedies.wireGuard(network.named));
  if (!go) return problem(name, 'This machine has no WireGuard.', remedies.wireGuard(network.named));
  return tun === 'missing'
    ? problem(name, 'wireguard-go needs the device /dev/net/tun, and its module is not loaded.', LOAD_TUN)
    : problem(name, 'wireguard-go may not open /dev/net/tun.', openTun(tunMode));
}

function checkPrograms({ missingPackages }: TunnelFacts): Verdict {
  if (missingPackages.length === 0) return ok('programs', 'The programs that tunnels are made with are there.');
  return problem(
    'programs',
    `Programs of these Debian packages are missing: ${missingPackages.join(', ')}.`,
    installPackages(missingPackages),
  );
}

const hasKernel = ({ module, tool }: TunnelFacts['wireGuard']) => module === 'loaded' && tool;
const hasGo = ({ go, tun }: TunnelFacts['wireGuard']) => go && tun === 'open';
