/**
 * Lays the wires of a home anew: bridged to the internet, routed, or behind a carrier's NAT; hosts with
 * private, public or no IPv4 addresses; with IPv6 or without. Knows nothing of translation.
 */
import { existsSync } from 'node:fs';
import { type Home, lanAddress, lanAddress6, neighbourWan } from './home.ts';
import type { Wiring } from './nat-kinds.ts';
import { inNamespace, ipBatch } from './run.ts';

/** Both ends of the wire between a carrier and a home: RFC 6598 space. */
export function carrierAddresses({ lan }: Pick<Home, 'lan'>): { readonly carrier: string; readonly home: string } {
  return { carrier: `100.64.${lan}.1`, home: `100.64.${lan}.2` };
}

export async function rewire(home: Home, wanted: Wiring): Promise<void> {
  const now = home.wiring;
  if (wanted.uplink === 'carrier' && wanted.ipv6) throw new RangeError('the carrier of the lab speaks IPv4 only');
  const moved = now.uplink !== wanted.uplink;
  if (moved) {
    if (now.uplink === 'bridged') await unbridge(home);
    if (now.uplink === 'carrier') await withdraw(home);
    if (wanted.uplink === 'bridged') await bridge(home);
    if (wanted.uplink === 'carrier') await interpose(home);
  }
  if (!moved && now.hosts === wanted.hosts && now.ipv6 === wanted.ipv6) return;
  if (wanted.ipv6 && wanted.uplink === 'routed') await route6(home);
  await addressHost(home, home.host, { last: 2, publicAddress: home.wan }, wanted);
  const neighbour = { last: 50, publicAddress: neighbourWan(home) };
  if (home.neighbourNamespace) await addressHost(home, home.neighbourNamespace, neighbour, wanted);
  Object.assign(now, wanted);
}

/** Addresses and routes of a router that stands on the internet itself. */
export function uplinkLines({ wan }: Pick<Home, 'wan'>): string[] {
  return [`addr add ${wan}/32 dev wan`, 'link set wan up', `route add default dev wan scope link src ${wan}`];
}

async function bridge({ router }: Home): Promise<void> {
  await ipBatch(['addr flush dev wan', 'link set wan master lan'], router);
}

async function unbridge(home: Home): Promise<void> {
  // Down and up: a port that leaves a bridge has lost its IPv6 until then.
  await ipBatch(['link set wan nomaster', 'link set wan down', ...uplinkLines(home)], home.router);
}

async function interpose(home: Home): Promise<void> {
  const { carrier, router } = home;
  const wire = carrierAddresses(home);
  if (!existsSync(`/run/netns/${carrier}`)) await ipBatch([`netns add ${carrier}`]);
  await ipBatch([`link set wan netns ${carrier}`], router);
  await ipBatch([`link add lan netns ${carrier} type veth peer name wan netns ${router}`]);
  await ipBatch(
    ['link set lo up', ...uplinkLines(home), `addr add ${wire.carrier}/24 dev lan`, 'link set lan up'],
    carrier,
  );
  await ipBatch(
    [`addr add ${wire.home}/24 dev wan`, 'link set wan up', `route add default via ${wire.carrier}`],
    router,
  );
  await inNamespace(carrier, 'sysctl', ['-qw', 'net.ipv4.ip_forward=1']);
}

async function withdraw(home: Home): Promise<void> {
  await ipBatch(['link del wan'], home.router);
  await ipBatch([`link set wan netns ${home.router}`], home.carrier);
  await ipBatch(uplinkLines(home), home.router);
}

/** A public /64 behind the router, which answers for its hosts on the flat internet (proxy NDP, without delay). */
async function route6(home: Home): Promise<void> {
  const { router, wan6, hostAddress6, neighbourAddress6 } = home;
  const settings = ['conf.all.forwarding=1', 'conf.wan.proxy_ndp=1', 'neigh.wan.proxy_delay=0'];
  await inNamespace(router, 'sysctl', ['-qw', ...settings.map((setting) => `net.ipv6.${setting}`)]);
  await ipBatch(
    [
      `addr replace ${wan6}/128 dev wan nodad`,
      `addr replace ${lanAddress6(home, 1)}/64 dev lan nodad`,
      `route replace ::/0 dev wan src ${wan6}`,
      ...[hostAddress6, neighbourAddress6].map((address) => `neigh replace proxy ${address} dev wan`),
    ],
    router,
  );
}

interface HostAddresses {
  readonly last: number;
  readonly publicAddress: string;
}

async function addressHost(home: Home, namespace: string, host: HostAddresses, wanted: Wiring): Promise<void> {
  const { last, publicAddress } = host;
  // A route outlives its addresses: packets would leave from a link-local one, into nowhere.
  if (home.wiring.ipv6) await ipBatch(['route del ::/0'], namespace);
  const lines = ['addr flush dev eth0', ...privateLines(home.lan, last).filter(() => wanted.hosts === 'private')];
  if (wanted.hosts === 'public')
    lines.push(`addr add ${publicAddress}/32 dev eth0`, `route add default dev eth0 scope link src ${publicAddress}`);
  if (wanted.ipv6) {
    const gateway = wanted.uplink === 'bridged' ? '' : `via ${lanAddress6(home, 1)}`;
    lines.push(`addr add ${lanAddress6(home, last)}/64 dev eth0 nodad`);
    lines.push(`route replace ::/0 ${gateway} dev eth0`);
  }
  await ipBatch(lines, namespace);
}

export function privateLines(lan: number, last: number): string[] {
  return [`addr add ${lanAddress(lan, last)}/24 dev eth0`, `route add default via ${lanAddress(lan, 1)}`];
}
