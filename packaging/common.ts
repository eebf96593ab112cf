/** warren-common: what every other package runs on: the pinned Node, what is looked up at run time, and the network to join. */
import { join } from 'node:path';
import { PACKAGED_NETWORK } from '../native-host/install/layout.ts';
import { documents, page } from './documents.ts';
import { LIB, NODE, OVERRIDES, PACKAGE } from './layout.ts';
import type { DebianPackage, PackagedFile } from './package.ts';
import { debianFile, plain, type Sources, treeOf } from './sources.ts';

const NAME = 'warren-common';

/** No code, so in no bundle: a binary and tables. Of each npm package only what is read. */
const LOOKED_UP: Readonly<Record<string, RegExp>> = {
  secp256k1: /^(package\.json|bindings\.js|lib\/[^/]+\.js|prebuilds\/linux-[^/]+\/[^/]+\.glibc\.node)$/,
  'node-gyp-build': /^(package\.json|(index|node-gyp-build)\.js)$/,
  '@ip-location-db/asn': /^(package\.json|asn-ipv[46]-num\.csv)$/,
  '@ip-location-db/geo-whois-asn-country-mmdb': /^(package\.json|geo-whois-asn-country\.mmdb)$/,
};

export async function commonPackage(sources: Sources): Promise<DebianPackage> {
  const { checkout, node, architecture, profile, release } = sources;
  return {
    name: NAME,
    architecture,
    // Node's own.
    relations: { Depends: ['libc6 (>= 2.28)', 'libgcc-s1', 'libstdc++6'] },
    synopsis: 'Warren VPN: run-time parts that its programs share',
    description: [
      'Warren is a decentralised VPN for the browser: each site leaves through a home that you choose.',
      'This package holds the Node.js that all of its programs run on, tables that tell to which country and network an ' +
        'address belongs, and in /etc/warren the profile of the network to join.',
    ],
    files: [
      { path: NODE, mode: 0o755, copyOf: node.binary },
      plain(PACKAGE, `${JSON.stringify({ name: 'warren', version: release.version, type: 'module' })}\n`),
      ...lookedUp(checkout),
      plain(PACKAGED_NETWORK, `${JSON.stringify(profile, null, 2)}\n`),
      plain(`${OVERRIDES}/${NAME}`, debianFile(sources, `${NAME}.overrides`)),
      page(checkout, NAME, 'SECURITY.md'),
      ...documents({ checkout, name: NAME, release, contains: [node.packageName, ...Object.keys(LOOKED_UP)] }),
    ],
    scripts: {},
  };
}

/** Below /usr/lib/warren, so that the programs' folders there find them as any Node program does. */
function lookedUp(checkout: string): readonly PackagedFile[] {
  return Object.entries(LOOKED_UP).flatMap(([name, wanted]) => {
    const from = join(checkout, 'node_modules', name);
    const files = treeOf(from, `${LIB}/node_modules/${name}`, (path) => wanted.test(path));
    if (files.length < 2) throw new Error(`node_modules/${name} does not hold what it did: look at ${NAME}`);
    return files;
  });
}
