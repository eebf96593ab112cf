/** Gives a home its kind: wires, addresses and rules. The kinds themselves are data (nat-kinds.ts). */
import type { Home } from './home.ts';
import { serveNames } from './names.ts';
import { NAT_KINDS, type NatKind, type NatName } from './nat-kinds.ts';
import { FIREWALL6 } from './nat-rules.ts';
import { inNamespace, ipBatch } from './run.ts';
import { carrierAddresses, rewire } from './wiring.ts';

/** Mappings of the kind before do not survive. Hosts keep their addresses where the new kind has the same. */
export async function setNat(home: Home, name: NatName): Promise<void> {
  const kind: NatKind = NAT_KINDS[name];
  const uplink = kind.uplink ?? 'routed';
  await rewire(home, { uplink, hosts: kind.hosts ?? 'private', ipv6: kind.ipv6 ?? home.ipv6 ?? false });
  serveNames(home);
  const inner = uplink === 'carrier' ? carrierAddresses(home).home : home.wan;
  const rules = kind.rules.replaceAll('WANIP', inner).replaceAll('HOST', home.hostAddress);
  await Promise.all([
    load(home.router, `${rules}${home.wiring.ipv6 && uplink === 'routed' ? FIREWALL6 : ''}`),
    kind.carrierRules && load(home.carrier, kind.carrierRules),
  ]);
}

/** Forgets every mapping of a home, as a router does that was switched off and on. */
export async function forgetMappings(home: Home): Promise<void> {
  const routers = home.wiring.uplink === 'carrier' ? [home.router, home.carrier] : [home.router];
  await Promise.all(routers.map(flush));
}

/**
 * Forgets which hardware address answers for others on the internet, which is one flat link here: where another home
 * was wired anew, the first packets would go to the device that it had before.
 */
export async function forgetNeighbours(home: Home): Promise<void> {
  const onLink = [home.router, home.host, ...(home.wiring.uplink === 'carrier' ? [home.carrier] : [])];
  await Promise.all(onLink.map((namespace) => ipBatch(['neigh flush all'], namespace)));
}

async function load(namespace: string, rules: string): Promise<void> {
  await inNamespace(namespace, 'nft', ['-f', '-'], `flush ruleset\n${rules}\n`);
  await flush(namespace);
}

async function flush(namespace: string): Promise<void> {
  await inNamespace(namespace, 'conntrack', ['-F']).catch(() => undefined);
}
