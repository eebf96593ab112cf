/**
 * Which autonomous systems rent out servers: a heuristic, told plainly. Two lists decide: numbers of
 * well-known hosting, cloud and CDN networks, and words that such networks put into their names.
 * A small hoster with a neutral name passes as residential; an access provider that also hosts does not
 * become hosting by it. It reads no file and must not be taken as proof.
 */

/** Hosting, cloud, CDN and VPN networks with many prefixes (names as of 2026, from the shipped table). */
const HOSTING_ASNS = new Set([
  174, 8075, 8100, 9009, 12876, 13335, 13414, 14061, 14618, 15169, 16276, 16509, 16625, 18779, 19527, 20454, 20473,
  20860, 20940, 21859, 22612, 23470, 24940, 25369, 25820, 26347, 26496, 28753, 29066, 29802, 30058, 30633, 31898, 32244,
  32934, 33387, 35916, 36351, 36352, 37963, 39351, 40021, 40676, 42831, 43350, 45102, 45090, 46475, 46562, 46606, 46844,
  47583, 48282, 49505, 49981, 50340, 51167, 51396, 51852, 53667, 54113, 54290, 54825, 55286, 55293, 55720, 57043, 58061,
  59253, 60068, 60781, 61317, 62240, 62567, 62904, 63023, 63949, 64050, 132203, 133752, 134121, 136258, 136787, 137409,
  140096, 141995, 197540, 198605, 199524, 200019, 201011, 202053, 202425, 203020, 204957, 206092, 207990, 209242,
  210558, 212238, 213230, 262287, 394711, 396356, 396982, 398101, 400940,
]);

const HOSTING_WORDS = new RegExp(
  String.raw`\b(${[
    // What they sell.
    'host',
    'hosts',
    'hoster',
    'hosted',
    String.raw`\w*hosting`,
    String.raw`webhost\w*`,
    String.raw`host(inger|royale|papa|way|key|off|us)\w*`,
    String.raw`\w*cloud\w*`,
    'data ?cent(er|re)s?',
    'datacamp',
    'colo',
    String.raw`colocat\w+`,
    'dedicated',
    String.raw`\w*servers?`,
    String.raw`vps\w*`,
    String.raw`vpn\w*`,
    String.raw`cdn\w*`,
    // Who they are, where the name says nothing else.
    'amazon',
    'google',
    'microsoft',
    'oracle',
    'alibaba',
    'tencent',
    'digitalocean',
    'linode',
    'akamai',
    'fastly',
    'hetzner',
    'ovh',
    'scaleway',
    'contabo',
    'leaseweb',
    'equinix',
    'ipxo',
    'm247',
    'zenlayer',
    'hivelocity',
    'psychz',
    'vultr',
    'constant company',
    'rackspace',
    'ionos',
    'strato',
    'selectel',
    'timeweb',
    'softlayer',
  ].join('|')})\b`,
  'i',
);

/** True when addresses of this network most likely belong to servers rather than homes. */
export function isHosting(asn: number | null, network: string | null): boolean {
  return (asn !== null && HOSTING_ASNS.has(asn)) || (network !== null && HOSTING_WORDS.test(network));
}
