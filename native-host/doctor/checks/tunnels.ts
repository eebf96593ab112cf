/**
 * Who can make tunnels here. One of two is enough: warren-netd, or a namespace of the user's own. What is
 * wrong with one is a problem only where the other does not stand in.
 */
import type { TunnelFacts } from '../facts.ts';
import { by, type Mend, ok, problem, type Verdict, warning } from '../verdict.ts';

const INSTALL = 'sudo ./warren install';
/** Fetches WireGuard's programs too, without root. */
const FETCH = by('./warren', 'install', '--user');

export function checkTunnels(facts: TunnelFacts): readonly Verdict[] {
  return [checkDaemon(facts), checkNamespaces(facts), checkWireGuard(facts), checkPrograms(facts)].flat();
}

/** Everything that a namespace needs is there. */
export function isRootlessPossible({ namespaces, wireGuard, missingPackages }: TunnelFacts): boolean {
  return namespaces.work && missingPackages.length === 0 && (hasKernel(wireGuard) || hasGo(wireGuard));
}

function checkDaemon(facts: TunnelFacts): Verdict | readonly Verdict[] {
  const { netd, unit, group, user } = facts;
  const name = 'daemon';
  switch (netd.state) {
    case 'answers':
      return ok(name, `warren-netd runs, WireGuard in ${netd.backend === 'kernel' ? 'the kernel' : netd.backend}.`);
    case 'old':
      return problem(name, netd.message, { command: `${INSTALL}, then restart the browser` });
    case 'denied': {
      const say = isRootlessPossible(facts) ? warning : problem;
      if (group === 'asleep')
        return say('group', 'You joined the group warren, but this session began before that.', {
          command: 'log out and in again',
        });
      if (group === 'outside')
        return say('group', 'warren-netd runs, but you are not in the group warren, which may speak to it.', {
          ...by('sudo', 'usermod', '-aG', 'warren', user),
          command: `sudo usermod -aG warren ${user}, then log out and in again`,
        });
      return say('group', 'warren-netd runs, but this user may not speak to it.', { command: INSTALL });
    }
    case 'silent':
      return problem(
        name,
        'warren-netd is installed and does not run.',
        by('sudo', 'systemctl', 'enable', '--now', 'warren-netd'),
      );
    case 'absent':
      if (unit)
        return problem(
          name,
          'warren-netd is installed and does not run.',
          by('sudo', 'systemctl', 'enable', '--now', 'warren-netd'),
        );
      return isRootlessPossible(facts)
        ? ok(
            name,
            'warren-netd is not installed; tunnels are made in a namespace of your own, without root. With it they are somewhat faster.',
          )
        : problem(name, 'warren-netd is not installed, and nothing can stand in for it.', { command: INSTALL });
  }
}

function checkNamespaces({ netd, namespaces }: TunnelFacts): Verdict | readonly Verdict[] {
  const name = 'namespaces';
  if (namespaces.work) return ok(name, 'An ordinary user may make user and network namespaces.');
  const instead = { command: `${INSTALL}: the daemon needs none` };
  const spared = (_: string, text: string): Verdict => ok(name, `${text} The daemon needs none.`);
  const say: (check: string, text: string, mend: Mend) => Verdict = netd.state === 'answers' ? spared : problem;
  switch (namespaces.forbiddenBy) {
    case 'apparmor':
      return say(name, 'AppArmor forbids user namespaces to ordinary programs here, as Ubuntu sets it.', {
        command: `${instead.command} (or, for every program: sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0)`,
      });
    case 'sysctl':
      return say(name, 'The kernel is set to forbid user namespaces to ordinary users.', {
        command: `${instead.command} (or, for every program: sudo sysctl kernel.unprivileged_userns_clone=1)`,
      });
    case 'limit':
      return say(name, 'The kernel is set to allow no user namespaces at all.', {
        command: `${instead.command} (or, for every program: sudo sysctl user.max_user_namespaces=15000)`,
      });
    case null:
      return say(
        name,
        `This system makes no namespaces for ordinary users (${namespaces.said || 'it does not say why'}).`,
        instead,
      );
  }
}

function checkWireGuard({ netd, wireGuard }: TunnelFacts): Verdict {
  const name = 'wireguard';
  const { module, tool, go, tun } = wireGuard;
  if (netd.state === 'answers') return ok(name, `WireGuard works (${netd.backend}).`);
  if (hasKernel(wireGuard)) return ok(name, "The kernel's WireGuard is loaded.");
  if (hasGo(wireGuard))
    return module === 'there' && tool
      ? warning(
          name,
          "wireguard-go is used, since the kernel's WireGuard, which is faster, is not loaded.",
          by('sudo', 'modprobe', 'wireguard'),
        )
      : ok(name, 'wireguard-go is there, and may make its device.');
  if (module === 'there')
    return tool
      ? problem(
          name,
          "The kernel's WireGuard is not loaded, and wireguard-go can not stand in.",
          by('sudo', 'modprobe', 'wireguard'),
        )
      : problem(name, 'WireGuard is not set up.', FETCH);
  if (!go) return problem(name, 'This machine has no WireGuard.', FETCH);
  return tun === 'missing'
    ? problem(
        name,
        'wireguard-go needs the device /dev/net/tun, and its module is not loaded.',
        by('sudo', 'modprobe', 'tun'),
      )
    : problem(name, 'wireguard-go may not open /dev/net/tun.', by('sudo', 'chmod', '0666', '/dev/net/tun'));
}

function checkPrograms({ missingPackages }: TunnelFacts): Verdict {
  if (missingPackages.length === 0) return ok('programs', 'The programs that tunnels are made with are there.');
  const packages = [...missingPackages];
  return problem(
    'programs',
    `Programs of these Debian packages are missing: ${packages.join(', ')}.`,
    by('sudo', 'apt-get', 'install', '-y', ...packages),
  );
}

const hasKernel = ({ module, tool }: TunnelFacts['wireGuard']) => module === 'loaded' && tool;
const hasGo = ({ go, tun }: TunnelFacts['wireGuard']) => go && tun === 'open';
