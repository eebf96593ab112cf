/**
 * What no page may reach through the proxy: this machine, its network, the provider's network, and names
 * that belong to them. The provider's guard refuses the same; this one also keeps a hostile page from
 * learning anything about the local side, and holds after resolution (DNS rebinding).
 */
import { isIP } from 'node:net';
import { isSpecialPurpose } from '../../shared/node/special-purpose.ts';

/** RFC 6761, 6762, 7686, 8375 and ICANN's .internal: never resolved in the public DNS. */
const LOCAL_SUFFIXES = [
  'localhost',
  'local',
  'internal',
  'home.arpa',
  'localdomain',
  'lan',
  'onion',
  'invalid',
  'test',
] as const;

export function isForbiddenName(name: string): boolean {
  return LOCAL_SUFFIXES.some((suffix) => name === suffix || name.endsWith(`.${suffix}`));
}

export function isForbiddenAddress(address: string): boolean {
  return isIP(address) === 0 || isSpecialPurpose(address);
}
