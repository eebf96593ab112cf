/** Which name servers a home's hosts ask: those that they can reach. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Home } from './home.ts';
import { SERVERS, SERVERS6 } from './servers.ts';

export function resolversOf({ wiring }: Home): string[] {
  return [...(wiring.hosts === 'none' ? [] : [SERVERS.dns]), ...(wiring.ipv6 ? [SERVERS6.dns] : [])];
}

/** `ip netns exec` binds these over /etc: names in a home are asked at the lab's name servers only. */
export function serveNames(home: Home): void {
  for (const namespace of [home.host, home.neighbourNamespace]) {
    if (!namespace) continue;
    const folder = `/etc/netns/${namespace}`;
    mkdirSync(folder, { recursive: true });
    const servers = resolversOf(home).map((server) => `nameserver ${server}\n`);
    writeFileSync(join(folder, 'resolv.conf'), servers.join(''));
    writeFileSync(join(folder, 'hosts'), '127.0.0.1 localhost\n::1 localhost\n');
    writeFileSync(join(folder, 'nsswitch.conf'), 'passwd: files\ngroup: files\nhosts: files dns\n');
  }
}
