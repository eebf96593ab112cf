/** warren-provider: the residential node as a service of the machine. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleProgram } from './bundle.ts';
import { documents, manual, page } from './documents.ts';
import { PACKAGE, PROVIDER, SYSUSERS, TMPFILES, UNITS } from './layout.ts';
import type { DebianPackage } from './package.ts';
import { bundled, debianFile, plain, type Sources, scriptsOf, treeOf } from './sources.ts';

const NAME = 'warren-provider';

/** The dashboard has to be built: dist/dashboard. */
export async function providerPackage(sources: Sources): Promise<DebianPackage> {
  const { checkout, release } = sources;
  const program = await bundleProgram(checkout, 'provider/main.ts');
  const unit = readFileSync(join(checkout, 'provider', 'warren-provider.service'), 'utf8');
  // The dashboard looks for its page beside its own code.
  const pages = treeOf(join(checkout, 'dist', 'dashboard'), `${PROVIDER}/page`);
  return {
    name: NAME,
    architecture: 'all',
    relations: { Depends: [`warren-netd (= ${release.version})`] },
    synopsis: 'node of the Warren VPN: lends this connection and is paid for it',
    description: [
      'Warren is a decentralised VPN for the browser. A provider lends its home connection to paying clients: their ' +
        'traffic leaves from its address, and every megabyte is paid with a signed proof before the next one passes.',
      'It runs as a system user of its own without any privilege. Nothing is served before "warren-provider init" has ' +
        'made an identity.',
    ],
    files: [
      ...bundled(program, PROVIDER, pages, [PACKAGE]),
      { path: '/usr/bin/warren-provider', mode: 0o755, content: debianFile(sources, `${NAME}.sh`) },
      plain(`${UNITS}/${NAME}.service`, unit),
      plain(`${SYSUSERS}/${NAME}.conf`, debianFile(sources, `${NAME}.sysusers`)),
      plain(`${TMPFILES}/${NAME}.conf`, debianFile(sources, `${NAME}.tmpfiles`)),
      page(checkout, NAME, 'PROVIDER.md'),
      manual(`${NAME}.8`, debianFile(sources, `${NAME}.8`)),
      ...documents({ checkout, name: NAME, release, contains: program.packages }),
    ],
    scripts: scriptsOf(sources, NAME),
  };
}
