/** The profile's STUN servers as addresses. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { TransportAddress } from '../shared/effects.ts';
import type { NetworkProfile } from '../shared/wire/network.ts';

/** A name that does not resolve is left out. */
export async function stunServers({ stun }: NetworkProfile): Promise<TransportAddress[]> {
  const resolved = await Promise.all(
    stun.map(async ({ host, port }) => {
      if (isIP(host)) return [{ address: host, port }];
      const found = await lookup(host).catch(() => null);
      return found ? [{ address: found.address, port }] : [];
    }),
  );
  return resolved.flat();
}
