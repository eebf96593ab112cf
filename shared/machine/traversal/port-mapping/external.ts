import { isPrivateIp, isUnusableIp } from '../../../base/ip.ts';
import type { TransportAddress } from '../../../effects.ts';

/** Behind another NAT the router's own "public" address is not one. */
export function isReachable({ address, port }: TransportAddress): boolean {
  return port >= 1 && !isPrivateIp(address) && !isUnusableIp(address);
}
