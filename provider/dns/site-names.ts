/**
 * Names that only the resolver of the provider's own home answers: a stranger who asks for them learns
 * which devices live there, even where every address is taken out of the answers. Pure.
 */

/**
 * RFC 6761, 6762, 7686, 8375, ICANN's .internal, and what home routers make up; reverse zones of addresses
 * that are nobody's on the internet (RFC 6303, RFC 7793).
 */
const ZONES = [
  ...['local', 'localhost', 'localdomain', 'internal', 'intranet', 'home.arpa', 'home', 'lan', 'corp', 'private'],
  ...['fritz.box', 'onion', 'invalid', 'test'],
  ...['0', '10', '127', '254.169', '168.192'].map((network) => `${network}.in-addr.arpa`),
  ...range(16, 31).map((second) => `${second}.172.in-addr.arpa`),
  ...range(64, 127).map((second) => `${second}.100.in-addr.arpa`),
  ...['c', 'd'].map((nibble) => `${nibble}.f.ip6.arpa`),
  ...['8', '9', 'a', 'b'].map((nibble) => `${nibble}.e.f.ip6.arpa`),
  `${'0.'.repeat(31)}ip6.arpa`,
  `1.${'0.'.repeat(31)}ip6.arpa`,
];
const LOCAL = new Set(ZONES);

/** @param name in presentation form; case and a final dot do not matter. */
export function isSiteLocalName(name: string): boolean {
  const labels = name.toLowerCase().replace(/\.$/, '').split('.');
  return labels.some((_, i) => LOCAL.has(labels.slice(i).join('.')));
}

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}
