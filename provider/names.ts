/** The resolver for clients, set up as the owner wants it: whom it asks, and what it answers to nobody. */
import { readFile } from 'node:fs/promises';
import { WarrenError } from '../shared/base/errors.ts';
import { RESOLVER_PORT } from '../shared/wire/control.ts';
import { GATEWAY4, GATEWAY6 } from '../shared/wire/netd.ts';
import { type BlockList, parseBlockList } from './dns/block-list.ts';
import { upstreamServers } from './dns/servers.ts';
import { type Resolver, startResolver } from './resolver.ts';
import type { Config } from './settings/table.ts';

export interface NamesOptions {
  readonly config: Pick<Config, 'upstreamDns' | 'blockedDomains' | 'blockedDomainsFile'>;
  readonly isClient: (address: string) => boolean;
  /** The gateway's own, where nothing else is said. */
  readonly addresses?: readonly string[];
}

/** @throws WarrenError `frame_malformed` for a list that can not be read, or where there is nobody to ask. */
export async function startNames({ config, isClient, addresses }: NamesOptions): Promise<Resolver> {
  const [upstream, blocked] = await Promise.all([upstreamServers(config.upstreamDns), blockedNames(config)]);
  if (upstream.length === 0)
    throw new WarrenError(
      'frame_malformed',
      'There is no DNS server to ask for the names that clients look up.',
      'Name one with --upstream-dns, as 9.9.9.9#dns.quad9.net.',
    );
  return startResolver({
    addresses: addresses ?? [GATEWAY4, GATEWAY6],
    port: RESOLVER_PORT,
    upstream,
    blocked,
    isClient,
  });
}

async function blockedNames({ blockedDomains, blockedDomainsFile: file }: NamesOptions['config']): Promise<BlockList> {
  const own = blockedDomains.join('\n');
  if (file === null) return parseBlockList(own);
  try {
    return parseBlockList(`${own}\n${await readFile(file, 'utf8')}`);
  } catch (cause) {
    throw new WarrenError(
      'frame_malformed',
      `The list of blocked domains ${file} can not be used.`,
      'Mend the file, or take the setting blockedDomainsFile away.',
      { cause },
    );
  }
}
