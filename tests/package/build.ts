/** Builds the packages as `./warren package` does, hardly compressed: what is inside is what is tested. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../lab/identity.ts';
import { run } from '../lab/run.ts';

export interface Built {
  readonly version: string;
  readonly folder: string;
  readonly debs: readonly string[];
}

export async function build(folder: string, version: string): Promise<Built> {
  const network = join(ROOT, 'manifest/networks/local.json');
  const options = ['--network', network, '--out', folder, '--version', version, '--compression', 'gzip'];
  await run(process.execPath, ['--disable-warning=ExperimentalWarning', join(ROOT, 'packaging/main.ts'), ...options]);
  const debs = readdirSync(folder)
    .filter((name) => name.endsWith('.deb'))
    .map((name) => join(folder, name));
  return { version, folder, debs };
}

/** Equal exactly when all packages are, to the bit. */
export function digest({ debs }: Built): string {
  const sha256 = createHash('sha256');
  for (const deb of [...debs].sort()) sha256.update(readFileSync(deb));
  return sha256.digest('hex');
}
