/** warren-helper: STUN server and relay, for public machines. It needs no daemon and no privilege. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleProgram } from './bundle.ts';
import { documents, manual, page } from './documents.ts';
import { HELPER, OVERRIDES, UNITS } from './layout.ts';
import type { DebianPackage } from './package.ts';
import { bundled, debianFile, plain, type Sources, scriptsOf } from './sources.ts';

const NAME = 'warren-helper';

export async function helperPackage(sources: Sources): Promise<DebianPackage> {
  const { checkout, release } = sources;
  const program = await bundleProgram(checkout, 'helper/main.ts');
  const own = (file: string): string => readFileSync(join(checkout, 'helper', file), 'utf8');
  return {
    name: NAME,
    architecture: 'all',
    relations: { Depends: [`warren-common (= ${release.version})`], Suggests: ['coturn'] },
    synopsis: 'STUN server and relay of the Warren VPN',
    description: [
      'Warren is a decentralised VPN for the browser. A helper is what a public machine lends to it: clients and ' +
        'providers learn from it under which address the world sees them, and find each other over it.',
      'It carries no traffic, sees no plaintext, stores nothing, and serves nothing before /etc/warren/helper.conf names ' +
        'an address.',
    ],
    files: [
      ...bundled(program, HELPER, []),
      { path: '/usr/sbin/warren-helper', mode: 0o755, content: debianFile(sources, `${NAME}.sh`) },
      plain(`${UNITS}/${NAME}.service`, own(`${NAME}.service`)),
      { path: '/etc/warren/helper.conf', mode: 0o600, content: own(`${NAME}.conf`) },
      plain(`${OVERRIDES}/${NAME}`, debianFile(sources, `${NAME}.overrides`)),
      page(checkout, NAME, 'HELPER.md'),
      manual(`${NAME}.8`, debianFile(sources, `${NAME}.8`)),
      ...documents({ checkout, name: NAME, release, contains: program.packages }),
    ],
    scripts: scriptsOf(sources, NAME),
  };
}
