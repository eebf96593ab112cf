/**
 * The wires: one flat "internet" bridge with all public addresses, and homes behind routers.
 *
 *   host eth0 ── lan [router, NAT] wan ──┐
 *   neighbour ── lan                     ├── br0 [inet: every server's address]
 *   host eth0 ── lan [router, NAT] wan ──┘
 *
 * Public-looking addresses on purpose: a provider's egress guard rightly drops the documentation
 * ranges. Each WAN has a /32 and an on-link default route, so any mix of addresses can meet.
 */
import { type Home, type HomeOptions, lanAddress, lanAddress6, wanAddress6 } from './home.ts';
import { namespaceName } from './identity.ts';
import { setNat } from './nat.ts';
import { inNamespace, ipBatch } from './run.ts';
import { SERVERS, SERVERS6 } from './servers.ts';
import { privateLines, uplinkLines } from './wiring.ts';

/** Fixed: else a bridge takes that of a port, and another one as ports come and go, unknown to its neighbours. */
const bridgeMac = (n: number): string => `02:77:72:6e:00:${n.toString(16).padStart(2, '0')}`;

const flat = ({ origins, ...servers }: typeof SERVERS | typeof SERVERS6): string[] => [
  ...Object.values(servers).flat(),
  ...Object.values(origins),
];

export async function createInternet(id: string): Promise<string> {
  const inet = namespaceName(id, 'inet');
  await createNamespaces([inet]);
  await ipBatch(
    [
      'link set lo up',
      `link add br0 address ${bridgeMac(0)} type bridge forward_delay 0 stp_state 0`,
      ...flat(SERVERS).map((address) => `addr add ${address}/32 dev br0`),
      ...flat(SERVERS6).map((address) => `addr add ${address}/128 dev br0 nodad`),
      'link set br0 up',
      // The source address is said here: replies of unbound sockets must not depend on the order above.
      `route add default dev br0 scope link src ${SERVERS.chain}`,
      `route add ::/0 dev br0 src ${SERVERS6.chain}`,
    ],
    inet,
  );
  await quietBridges(inet);
  return inet;
}

export async function createHome(id: string, options: HomeOptions): Promise<Home> {
  const { name, lan } = options;
  const inet = namespaceName(id, 'inet');
  const home: Home = {
    ...options,
    router: namespaceName(id, `${name}-nat`),
    carrier: namespaceName(id, `${name}-cgn`),
    host: namespaceName(id, name),
    neighbourNamespace: options.neighbour ? namespaceName(id, `${name}-lan`) : null,
    hostAddress: lanAddress(lan, 2),
    neighbourAddress: lanAddress(lan, 50),
    hostAddress6: lanAddress6(options, 2),
    neighbourAddress6: lanAddress6(options, 50),
    wan6: wanAddress6(lan),
    wiring: { uplink: 'routed', hosts: 'private', ipv6: false },
  };
  const { router, host, neighbourNamespace } = home;
  const neighbours = neighbourNamespace ? [neighbourNamespace] : [];
  await createNamespaces([router, host, ...neighbours]);
  await ipBatch([
    `link add p-${name} netns ${inet} type veth peer name wan netns ${router}`,
    `link add l-host netns ${router} type veth peer name eth0 netns ${host}`,
    ...neighbours.map((namespace) => `link add l-neigh netns ${router} type veth peer name eth0 netns ${namespace}`),
  ]);
  await Promise.all([
    ipBatch([`link set p-${name} master br0`, `link set p-${name} up`], inet),
    ipBatch(
      [
        'link set lo up',
        `link add lan address ${bridgeMac(lan)} type bridge forward_delay 0 stp_state 0`,
        ...['l-host', ...neighbours.map(() => 'l-neigh')].flatMap((link) => [
          `link set ${link} master lan`,
          `link set ${link} up`,
        ]),
        `addr add ${lanAddress(lan, 1)}/24 dev lan`,
        'link set lan up',
        ...uplinkLines(home),
      ],
      router,
    ),
    connectHost(host, lan, 2),
    ...neighbours.map((namespace) => connectHost(namespace, lan, 50)),
  ]);
  await inNamespace(router, 'sysctl', ['-qw', 'net.ipv4.ip_forward=1']);
  await quietBridges(router);
  await setNat(home, options.nat);
  return home;
}

async function createNamespaces(names: readonly string[]): Promise<void> {
  await ipBatch(names.map((namespace) => `netns add ${namespace}`));
  // Nobody else has these addresses: no second of asking before the first packet.
  const settings = ['net.ipv6.conf.default.accept_dad=0', 'net.ipv6.conf.default.accept_ra=0'];
  await Promise.all(names.map((namespace) => inNamespace(namespace, 'sysctl', ['-qw', ...settings])));
}

async function connectHost(namespace: string, lan: number, last: number): Promise<void> {
  // An address comes with the link's coming up, so that its route does.
  await ipBatch(['link set lo up', 'link set eth0 up', ...privateLines(lan, last)], namespace);
}

/** Bridged frames must not pass iptables; where br_netfilter is not loaded there is no such switch. */
async function quietBridges(namespace: string): Promise<void> {
  await inNamespace(namespace, 'sysctl', ['-qw', 'net.bridge.bridge-nf-call-iptables=0']).catch(() => undefined);
}
