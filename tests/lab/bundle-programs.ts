/** Makes the bundles that programs.ts names. Apart from it, for it brings the bundler along, which no lab needs. */
import { copyFileSync, cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bundleProgram } from '../../packaging/bundle.ts';
import { BUNDLES, PROGRAMS, useBundles } from './programs.ts';

const NAMESPACE = 'native-host/namespace/main.ts';

/** For all that this process starts from now on. The dashboard is in it if it was built. */
export async function bundlePrograms(checkout: string): Promise<void> {
  const folder = join(checkout, BUNDLES);
  rmSync(folder, { recursive: true, force: true });
  const bundle = async (entry: string, to: string): Promise<void> => {
    const { files } = await bundleProgram(checkout, entry);
    mkdirSync(join(folder, to), { recursive: true });
    for (const [name, code] of files) writeFileSync(join(folder, to, name), code);
  };
  for (const program of PROGRAMS) await bundle(program, dirname(program));
  // Where the bundles look for what is not code, each seen from its own folder.
  await bundle(NAMESPACE, 'namespace');
  writeFileSync(join(folder, 'namespace', 'main.ts'), "import './main.mjs';\n");
  copyFileSync(join(checkout, 'package.json'), join(folder, 'package.json'));
  const page = join(checkout, 'dist', 'dashboard');
  if (existsSync(page)) cpSync(page, join(folder, 'provider', 'page'), { recursive: true });
  useBundles();
}
