/** warren-netd: the network daemon, the one part with a privilege, which client and provider both ask. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleNetd } from '../native-host/install/netd-bundle.ts';
import { documents, page } from './documents.ts';
import { NETD, SYSUSERS, UNITS } from './layout.ts';
import type { DebianPackage } from './package.ts';
import { debianFile, plain, type Sources, scriptsOf } from './sources.ts';

const NAME = 'warren-netd';

export async function netdPackage(sources: Sources): Promise<DebianPackage> {
  const { checkout, release } = sources;
  return {
    name: NAME,
    architecture: 'all',
    relations: {
      // The programs that it runs, and who starts it.
      Depends: [`warren-common (= ${release.version})`, 'iproute2', 'nftables', 'wireguard-tools', 'systemd'],
      // What loads the kernel's WireGuard, and what stands in where the kernel has none.
      Recommends: ['kmod', 'wireguard-go'],
    },
    synopsis: 'Warren VPN: network daemon',
    description: [
      'Warren is a decentralised VPN for the browser: each site leaves through a home that you choose.',
      'This package holds the only part of it that has a privilege (CAP_NET_ADMIN, and no other). It makes WireGuard ' +
        'links, routes and packet filter rules for members of the group warren, of its own names and addresses only.',
    ],
    files: [
      plain(NETD, await bundleNetd(checkout)),
      plain(`${UNITS}/${NAME}.service`, readFileSync(join(checkout, 'native-host', 'netd', `${NAME}.service`), 'utf8')),
      plain(`${SYSUSERS}/${NAME}.conf`, debianFile(sources, `${NAME}.sysusers`)),
      page(checkout, NAME, 'protocol/netd.md'),
      ...documents({ checkout, name: NAME, release, contains: ['valibot'] }),
    ],
    scripts: scriptsOf(sources, NAME),
  };
}
