/** STUN servers of a profile as addresses. Their names are public facts of the network, so the system may look them up. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { TransportAddress } from '../effects.ts';

/**
 * All addresses of each, of both families: a machine may have one of them only.
 * Names that do not resolve are left out; an empty list means host candidates only.
 */
export async function resolveStunServers(
  servers: readonly { readonly host: string; readonly port: number }[],
): Promise<readonly TransportAddress[]> {
  const found = await Promise.all(
    servers.map(async ({ host, port }) => {
      if (isIP(host)) return [{ address: host, port }];
      const addresses = await lookup(host, { all: true }).catch(() => []);
      return addresses.map(({ address }) => ({ address, port }));
    }),
  );
  return found.flat();
}
