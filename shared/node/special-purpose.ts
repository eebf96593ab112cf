/**
 * The IANA special-purpose address registries (RFC 6890, as of 2026): addresses that no name on the
 * public internet may point to and no exit may reach. IPv4 inside IPv6 (mapped, NAT64, 6to4, Teredo) is
 * unwrapped or refused whole, so that nothing hides in the other family.
 */
import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** https://www.iana.org/assignments/iana-ipv4-special-registry, plus multicast (RFC 5771). */
export const SPECIAL_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
] as const;

/** https://www.iana.org/assignments/iana-ipv6-special-registry, plus multicast (RFC 4291 §2.7). */
export const SPECIAL_V6 = [
  '::/96',
  '::ffff:0:0/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '100:0:0:1::/64',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '2620:4f:8000::/48',
  '3fff::/20',
  '5f00::/16',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
] as const;

/** A list of prefixes or single addresses, as `a.b.c.d/n`, `a:b::/n` or one address. @throws on others. */
export function addressList(prefixes: readonly string[]): BlockList {
  const list = new BlockList();
  for (const prefix of prefixes) {
    const [network = '', bits] = prefix.split('/');
    const family = isIPv4(network) ? 'ipv4' : 'ipv6';
    if (bits === undefined) list.addAddress(network, family);
    else list.addSubnet(network, Number(bits), family);
  }
  return list;
}

// Two lists: BlockList holds every IPv4 address to be inside a rule for ::ffff:0:0/96.
const specialV4 = addressList(SPECIAL_V4);
const specialV6 = addressList(SPECIAL_V6);

/** True for every address of the registries, and for a text that is no address at all (fail closed). */
export function isSpecialPurpose(address: string): boolean {
  if (isIPv4(address)) return specialV4.check(address, 'ipv4');
  return !isIPv6(address) || specialV6.check(address, 'ipv6');
}
