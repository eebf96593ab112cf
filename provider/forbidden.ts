/**
 * Which addresses clients may never reach beside the special-purpose ranges: this machine, its LANs, and
 * the public address it is seen under (a hairpin would lead to the router's admin page). Pure.
 */
import type { NetworkInterfaceInfo } from 'node:os';
import { formatIp, parseIp } from '../shared/base/ip.ts';

/**
 * @param interfaces as os.networkInterfaces() gives them; Warren's own links are left out.
 * @param publicAddresses learned by STUN.
 * @param configured the operator's own list.
 */
export function forbiddenPrefixes(
  interfaces: Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>,
  publicAddresses: readonly string[],
  configured: readonly string[],
): string[] {
  const found = new Set<string>();
  for (const [name, addresses] of Object.entries(interfaces)) {
    if (name.startsWith('wrn')) continue;
    for (const { address, cidr, internal } of addresses ?? []) {
      if (internal) continue;
      const own = address.split('%')[0] ?? address;
      found.add(own);
      if (isGlobal6(own)) found.add(delegation(own));
      else if (cidr && isLan(cidr)) found.add(cidr);
    }
  }
  for (const address of [...publicAddresses, ...configured]) found.add(address);
  // All of them: more than warren-netd takes is refused there, which is safer than leaving some out.
  return [...found].sort();
}

/** A prefix wider than a LAN's would take the internet away from the clients (point-to-point oddities). */
function isLan(cidr: string): boolean {
  const bits = Number(cidr.split('/')[1]);
  return cidr.includes(':') ? bits >= 32 && bits < 128 : bits >= 8 && bits < 32;
}

/**
 * What access providers give to one home (RIPE-690): its guest network and what else hangs behind its router lie
 * there too, and to them a packet from this machine comes from inside.
 */
const DELEGATION_BYTES = 7;

function delegation(address: string): string {
  const bytes = parseIp(address) ?? new Uint8Array(16);
  return `${formatIp(bytes.map((byte, i) => (i < DELEGATION_BYTES ? byte : 0)))}/${DELEGATION_BYTES * 8}`;
}

/** Global unicast: 2000::/3. */
function isGlobal6(address: string): boolean {
  const bytes = parseIp(address);
  return bytes?.length === 16 && ((bytes[0] as number) & 0xe0) === 0x20;
}
