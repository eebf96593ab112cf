/**
 * The two IANA special-purpose address registries, row by row as IANA publishes them (25 and 25 records, none newer
 * than RFC 9780 of April 2025), and an address of each that no clever prefix should let slip. Copied from the
 * registries, not from the guard: where the two differ, the guard is wrong.
 *
 *   https://www.iana.org/assignments/iana-ipv4-special-registry
 *   https://www.iana.org/assignments/iana-ipv6-special-registry
 */
export interface SpecialRow {
  readonly prefix: string;
  readonly name: string;
  readonly rfc: string;
  readonly sample: string;
}

const row = (prefix: string, name: string, rfc: string, sample: string): SpecialRow => ({ prefix, name, rfc, sample });

export const IANA_V4: readonly SpecialRow[] = [
  row('0.0.0.0/8', '"This network"', 'RFC 791', '0.1.2.3'),
  row('0.0.0.0/32', '"This host on this network"', 'RFC 1122', '0.0.0.0'),
  row('10.0.0.0/8', 'Private-Use', 'RFC 1918', '10.200.3.4'),
  row('100.64.0.0/10', 'Shared Address Space', 'RFC 6598', '100.100.100.200'),
  row('127.0.0.0/8', 'Loopback', 'RFC 1122', '127.0.0.53'),
  row('169.254.0.0/16', 'Link Local', 'RFC 3927', '169.254.169.254'),
  row('172.16.0.0/12', 'Private-Use', 'RFC 1918', '172.31.255.1'),
  row('192.0.0.0/24', 'IETF Protocol Assignments', 'RFC 6890', '192.0.0.192'),
  row('192.0.0.0/29', 'IPv4 Service Continuity Prefix', 'RFC 7335', '192.0.0.1'),
  row('192.0.0.8/32', 'IPv4 dummy address', 'RFC 7600', '192.0.0.8'),
  row('192.0.0.9/32', 'Port Control Protocol Anycast', 'RFC 7723', '192.0.0.9'),
  row('192.0.0.10/32', 'Traversal Using Relays around NAT Anycast', 'RFC 8155', '192.0.0.10'),
  row('192.0.0.170/31', 'NAT64/DNS64 Discovery', 'RFC 8880', '192.0.0.171'),
  row('192.0.2.0/24', 'Documentation (TEST-NET-1)', 'RFC 5737', '192.0.2.77'),
  row('192.31.196.0/24', 'AS112-v4', 'RFC 7535', '192.31.196.1'),
  row('192.52.193.0/24', 'AMT', 'RFC 7450', '192.52.193.1'),
  row('192.88.99.0/24', 'Deprecated (6to4 Relay Anycast)', 'RFC 7526', '192.88.99.1'),
  row('192.88.99.2/32', '6a44-relay anycast address', 'RFC 6751', '192.88.99.2'),
  row('192.168.0.0/16', 'Private-Use', 'RFC 1918', '192.168.178.1'),
  row('192.175.48.0/24', 'Direct Delegation AS112 Service', 'RFC 7534', '192.175.48.6'),
  row('198.18.0.0/15', 'Benchmarking', 'RFC 2544', '198.19.255.1'),
  row('198.51.100.0/24', 'Documentation (TEST-NET-2)', 'RFC 5737', '198.51.100.9'),
  row('203.0.113.0/24', 'Documentation (TEST-NET-3)', 'RFC 5737', '203.0.113.200'),
  row('240.0.0.0/4', 'Reserved', 'RFC 1112', '250.1.2.3'),
  row('255.255.255.255/32', 'Limited Broadcast', 'RFC 8190', '255.255.255.255'),
];

export const IANA_V6: readonly SpecialRow[] = [
  row('::1/128', 'Loopback Address', 'RFC 4291', '::1'),
  row('::/128', 'Unspecified Address', 'RFC 4291', '::'),
  row('::ffff:0:0/96', 'IPv4-mapped Address', 'RFC 4291', '::ffff:c0a8:201'),
  row('64:ff9b::/96', 'IPv4-IPv6 Translat.', 'RFC 6052', '64:ff9b::a9fe:a9fe'),
  row('64:ff9b:1::/48', 'IPv4-IPv6 Translat.', 'RFC 8215', '64:ff9b:1::c0a8:201'),
  row('100::/64', 'Discard-Only Address Block', 'RFC 6666', '100::7'),
  row('100:0:0:1::/64', 'Dummy IPv6 Prefix', 'RFC 9780', '100:0:0:1::7'),
  row('2001::/23', 'IETF Protocol Assignments', 'RFC 2928', '2001:1ff:ffff::7'),
  row('2001::/32', 'TEREDO', 'RFC 4380', '2001:0:5ef5:79fb::7'),
  row('2001:1::1/128', 'Port Control Protocol Anycast', 'RFC 7723', '2001:1::1'),
  row('2001:1::2/128', 'Traversal Using Relays around NAT Anycast', 'RFC 8155', '2001:1::2'),
  row('2001:1::3/128', 'DNS-SD Service Registration Protocol Anycast', 'RFC 9665', '2001:1::3'),
  row('2001:2::/48', 'Benchmarking', 'RFC 5180', '2001:2::7'),
  row('2001:3::/32', 'AMT', 'RFC 7450', '2001:3::7'),
  row('2001:4:112::/48', 'AS112-v6', 'RFC 7535', '2001:4:112::1'),
  row('2001:10::/28', 'Deprecated (previously ORCHID)', 'RFC 4843', '2001:1f::7'),
  row('2001:20::/28', 'ORCHIDv2', 'RFC 7343', '2001:2f::7'),
  row('2001:30::/28', 'Drone Remote ID Protocol Entity Tags (DETs) Prefix', 'RFC 9374', '2001:3f::7'),
  row('2001:db8::/32', 'Documentation', 'RFC 3849', '2001:db8::7'),
  row('2002::/16', '6to4', 'RFC 3056', '2002:c0a8:201::7'),
  row('2620:4f:8000::/48', 'Direct Delegation AS112 Service', 'RFC 7534', '2620:4f:8000::6'),
  row('3fff::/20', 'Documentation', 'RFC 9637', '3fff:fff::7'),
  row('5f00::/16', 'Segment Routing (SRv6) SIDs', 'RFC 9602', '5f00::7'),
  row('fc00::/7', 'Unique-Local', 'RFC 4193', 'fd00:ec2::254'),
  row('fe80::/10', 'Link-Local Unicast', 'RFC 4291', 'fe80::7'),
];

/** Special without a row there: multicast, the deprecated site-local prefix, and a cloud's own service. */
export const BESIDE: readonly SpecialRow[] = [
  row('224.0.0.0/4', 'Multicast', 'RFC 5771', '239.255.255.250'),
  row('168.63.129.16/32', "Azure's platform service", '-', '168.63.129.16'),
  row('ff00::/8', 'Multicast', 'RFC 4291', 'ff02::fb'),
  row('fec0::/10', 'Site-Local', 'RFC 3879', 'fec0::7'),
  row('::/96', 'IPv4-compatible', 'RFC 4291', '::c0a8:201'),
];

/** Close by, and the internet's: an over-eager list would take them away. */
export const ORDINARY: readonly string[] = [
  ...['1.1.1.1', '9.255.255.255', '11.0.0.1', '100.63.255.255', '100.128.0.1', '126.255.255.255', '128.0.0.1'],
  ...['169.253.255.255', '169.255.0.1', '172.15.255.255', '172.32.0.1', '192.0.1.1', '192.0.3.1', '192.31.195.1'],
  ...['192.31.197.1', '192.52.192.1', '192.88.98.1', '192.88.100.1', '192.167.255.255', '192.169.0.1'],
  ...['198.17.255.255', '198.20.0.1', '198.51.99.1', '203.0.112.1', '203.0.114.1', '223.255.255.255'],
  ...['168.63.129.15', '168.63.129.17', '2001:200::1', '2001:db7::1', '2001:db9::1', '2003::1', '2606:4700::1111'],
  ...['2620:4f:7fff::1', '2620:4f:8001::1', '2a00:1450::1', '3ffe::1'],
];
