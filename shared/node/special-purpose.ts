/**
 * Addresses that no name on the public internet may point to and no exit may reach: the two IANA
 * special-purpose registries (RFC 6890, RFC 8190), whole, as they stand since April 2025 (newest row: RFC 9780),
 * and what is special without standing there. Some rows are globally reachable (AS112, AMT, anycast of the
 * access network's own services): no browser needs them, and their nearest instance may be the home router.
 * IPv4 inside IPv6 (mapped, NAT64, 6to4, Teredo) is refused whole, so that nothing hides in the other family.
 */
import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** https://www.iana.org/assignments/iana-ipv4-special-registry; a row inside another one is left out. */
export const SPECIAL_V4 = [
  '0.0.0.0/8', // "this network" (RFC 791)
  '10.0.0.0/8', // private use (RFC 1918)
  '100.64.0.0/10', // shared address space of carriers (RFC 6598), and our tunnels
  '127.0.0.0/8', // loopback (RFC 1122)
  '169.254.0.0/16', // link local (RFC 3927), and the metadata services of clouds
  '172.16.0.0/12', // private use (RFC 1918)
  '192.0.0.0/24', // IETF protocol assignments (RFC 6890), DS-Lite, PCP and TURN anycast
  '192.0.2.0/24', // documentation (RFC 5737)
  '192.31.196.0/24', // AS112 (RFC 7535)
  '192.52.193.0/24', // AMT (RFC 7450)
  '192.88.99.0/24', // 6to4 relay anycast, deprecated (RFC 7526), and 6a44 (RFC 6751)
  '192.168.0.0/16', // private use (RFC 1918)
  '192.175.48.0/24', // AS112 (RFC 7534)
  '198.18.0.0/15', // benchmarking (RFC 2544)
  '198.51.100.0/24', // documentation (RFC 5737)
  '203.0.113.0/24', // documentation (RFC 5737)
  '240.0.0.0/4', // reserved (RFC 1112), and limited broadcast (RFC 919)
  // Not in that registry:
  '224.0.0.0/4', // multicast (RFC 5771)
  '168.63.129.16/32', // Azure's platform service for virtual machines, at a public address
] as const;

/** https://www.iana.org/assignments/iana-ipv6-special-registry; a row inside another one is left out. */
export const SPECIAL_V6 = [
  '::/96', // unspecified, loopback, and IPv4-compatible addresses, deprecated (RFC 4291)
  '::ffff:0:0/96', // IPv4-mapped (RFC 4291)
  '64:ff9b::/96', // NAT64 (RFC 6052)
  '64:ff9b:1::/48', // NAT64 for local use (RFC 8215)
  '100::/64', // discard only (RFC 6666)
  '100:0:0:1::/64', // dummy prefix (RFC 9780)
  '2001::/23', // IETF protocol assignments (RFC 2928): Teredo, ORCHID, AMT, benchmarking, anycast
  '2001:db8::/32', // documentation (RFC 3849)
  '2002::/16', // 6to4 (RFC 3056)
  '2620:4f:8000::/48', // AS112 (RFC 7534)
  '3fff::/20', // documentation (RFC 9637)
  '5f00::/16', // segment routing (RFC 9602)
  'fc00::/7', // unique local (RFC 4193), and clouds' IPv6 metadata services
  'fe80::/10', // link local (RFC 4291)
  // Not in that registry:
  'fec0::/10', // site local, deprecated (RFC 3879)
  'ff00::/8', // multicast (RFC 4291 §2.7)
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
