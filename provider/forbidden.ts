/**
 * Which addresses clients may never reach beside the special-purpose ranges: this machine, its LANs, and
 * the public address it is seen under (a hairpin would lead to the router's admin page). Pure.
 */
import type { NetworkInterfaceInfo } from 'node:os';

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
      found.add(address.split('%')[0] ?? address);
      if (cidr && isLan(cidr)) found.add(cidr);
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
