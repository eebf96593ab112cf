/**
 * Our programs as the suites run them: bundled like those of the packages, each in a few files instead of hundreds.
 * A lab starts them again and again, and to find, read and link hundreds of modules is half a second of a processor
 * each time. What runs without the suites' runner runs the sources.
 */
import { copyFileSync, cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Where they are, below the checkout: in it, so that what they find in node_modules is the same. */
const FOLDER = 'dist/programs';
/** `yes` where a runner has made them. */
const SWITCH = 'WARREN_TEST_BUNDLED';
const PROGRAMS: readonly string[] = [
  'native-host/main.ts',
  'native-host/netd/main.ts',
  'provider/main.ts',
  'helper/main.ts',
  'contracts/deploy.ts',
];
const NAMESPACE = 'native-host/namespace/main.ts';

/** @param file of the sources. @returns what to start for it, relative to the checkout. */
export function programOf(file: string): string {
  const bundled = process.env[SWITCH] === 'yes' && PROGRAMS.includes(file);
  return bundled ? join(FOLDER, dirname(file), 'main.mjs') : file;
}

/** For all that this process starts from now on. The dashboard is in it if it was built. */
export async function bundlePrograms(checkout: string): Promise<void> {
  // It brings the bundler along, which none of the labs needs.
  const { bundleProgram } = await import('../../packaging/bundle.ts');
  const folder = join(checkout, FOLDER);
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
  process.env[SWITCH] = 'yes';
}
