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
import { namespaceName } from './identity.ts';
import { type NatName, setNat } from './nat.ts';
import { inNamespace, ipBatch } from './run.ts';

/** Public addresses of the lab's servers; all of them live on br0 in the namespace `inet`. */
export const SERVERS = {
  helper: ['51.158.10.10', '51.158.10.11'],
  turn: ['51.158.20.10', '51.158.20.11'],
  chain: '51.158.30.10',
  dns: '51.158.53.53',
  origins: { 'one.example': '142.250.70.1', 'two.example': '142.250.70.2', 'three.example': '142.250.70.3' },
} as const;
export type SiteName = keyof typeof SERVERS.origins;

export interface HomeOptions {
  /** At most five letters: it is part of interface names. */
  readonly name: string;
  readonly wan: string;
  /** Third octet of 192.168.x.0/24. */
  readonly lan: number;
  readonly nat: NatName;
  readonly neighbour?: boolean;
}

export interface Home extends HomeOptions {
  readonly router: string;
  readonly host: string;
  readonly neighbourNamespace: string | null;
  readonly hostAddress: string;
  readonly neighbourAddress: string;
}

export async function createInternet(id: string): Promise<string> {
  const inet = namespaceName(id, 'inet');
  await ipBatch([`netns add ${inet}`]);
  const addresses = [...SERVERS.helper, ...SERVERS.turn, SERVERS.chain, SERVERS.dns, ...Object.values(SERVERS.origins)];
  await ipBatch(
    [
      'link set lo up',
      'link add br0 type bridge forward_delay 0 stp_state 0',
      ...addresses.map((address) => `addr add ${address}/32 dev br0`),
      'link set br0 up',
      // The source address is said here: replies of unbound sockets must not depend on the order above.
      `route add default dev br0 scope link src ${SERVERS.chain}`,
    ],
    inet,
  );
  await quietBridges(inet);
  return inet;
}

export async function createHome(id: string, options: HomeOptions): Promise<Home> {
  const { name, wan, lan } = options;
  const inet = namespaceName(id, 'inet');
  const router = namespaceName(id, `${name}-nat`);
  const host = namespaceName(id, name);
  const neighbourNamespace = options.neighbour ? namespaceName(id, `${name}-lan`) : null;
  const all = [router, host, ...(neighbourNamespace ? [neighbourNamespace] : [])];
  const [gateway, hostAddress, neighbourAddress] = [1, 2, 50].map((last) => `192.168.${lan}.${last}`) as [
    string,
    string,
    string,
  ];
  await ipBatch([
    ...all.map((namespace) => `netns add ${namespace}`),
    `link add p-${name} netns ${inet} type veth peer name wan netns ${router}`,
    `link add l-host netns ${router} type veth peer name eth0 netns ${host}`,
    ...(neighbourNamespace
      ? [`link add l-neigh netns ${router} type veth peer name eth0 netns ${neighbourNamespace}`]
      : []),
  ]);
  await Promise.all([
    ipBatch([`link set p-${name} master br0`, `link set p-${name} up`], inet),
    ipBatch(
      [
        'link set lo up',
        'link add lan type bridge forward_delay 0 stp_state 0',
        'link set l-host master lan',
        'link set l-host up',
        ...(neighbourNamespace ? ['link set l-neigh master lan', 'link set l-neigh up'] : []),
        `addr add ${gateway}/24 dev lan`,
        `addr add ${wan}/32 dev wan`,
        'link set lan up',
        'link set wan up',
        `route add default dev wan scope link src ${wan}`,
      ],
      router,
    ),
    connectHost(host, hostAddress, gateway),
    neighbourNamespace ? connectHost(neighbourNamespace, neighbourAddress, gateway) : undefined,
  ]);
  await inNamespace(router, 'sysctl', ['-qw', 'net.ipv4.ip_forward=1']);
  await quietBridges(router);
  await setNat(router, options.nat, wan);
  return { ...options, router, host, neighbourNamespace, hostAddress, neighbourAddress };
}

async function connectHost(namespace: string, address: string, gateway: string): Promise<void> {
  await ipBatch(
    ['link set lo up', `addr add ${address}/24 dev eth0`, 'link set eth0 up', `route add default via ${gateway}`],
    namespace,
  );
}

/** Bridged frames must not pass iptables; where br_netfilter is not loaded there is no such switch. */
async function quietBridges(namespace: string): Promise<void> {
  await inNamespace(namespace, 'sysctl', ['-qw', 'net.bridge.bridge-nf-call-iptables=0']).catch(() => undefined);
}
