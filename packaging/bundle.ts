/**
 * One of our programs with everything that it imports, as a few files: an installed Warren holds no tree
 * of packages. What a program looks for beside its own source file has to be named by its package.
 */
import { relative } from 'node:path';
import { build, type PluginOption, type Rolldown } from 'vite';

export interface Bundle {
  /** Name (no folders) → code. The program is `main.mjs`. */
  readonly files: ReadonlyMap<string, string>;
  /** npm packages of which something is in it. */
  readonly packages: readonly string[];
}

/**
 * @param entry relative to the checkout.
 * @param plugins what else is done to its sources.
 * @throws Error when something can not be bundled.
 */
export async function bundleProgram(
  checkout: string,
  entry: string,
  plugins: readonly PluginOption[] = [],
): Promise<Bundle> {
  const result = (await build({
    configFile: false,
    root: checkout,
    publicDir: false,
    logLevel: 'error',
    ssr: { noExternal: true },
    plugins: [...plugins],
    build: {
      ssr: entry,
      write: false,
      target: 'node24',
      minify: false,
      rolldownOptions: { output: { entryFileNames: 'main.mjs', chunkFileNames: '[name]-[hash].mjs' } },
    },
  })) as Rolldown.RolldownOutput;
  const files = new Map<string, string>();
  const packages = new Set<string>();
  for (const chunk of result.output) {
    if (chunk.type !== 'chunk') throw new Error(`${entry} would need ${chunk.fileName} beside it`);
    const wanted = [...chunk.imports, ...chunk.dynamicImports];
    const foreign = wanted.filter((name) => !name.startsWith('node:') && !isChunk(result, name));
    if (foreign.length > 0) throw new Error(`${entry} would import ${foreign.join(', ')}`);
    // It is run by name of Node, never by itself.
    files.set(chunk.fileName, chunk.code.replace(/^#!.*\n/, ''));
    for (const id of chunk.moduleIds) {
      const name = packageOf(relative(checkout, id));
      if (name !== null) packages.add(name);
    }
  }
  return { files, packages: [...packages].sort() };
}

/** Names of files that the bundle's code looks for beside itself, as it spells them. */
export function lookedForBeside({ files }: Bundle): readonly string[] {
  const literal = /new URL\(\s*["'`]([^"'`$]+)["'`]\s*,\s*import\.meta\.url\s*\)/g;
  return [...files.values()].flatMap((code) => [...code.matchAll(literal)].map((match) => match[1] ?? ''));
}

const isChunk = ({ output }: Rolldown.RolldownOutput, name: string): boolean =>
  output.some(({ fileName }) => fileName === name);

/** `node_modules/@noble/curves/…` → `@noble/curves`. */
function packageOf(path: string): string | null {
  const at = path.lastIndexOf('node_modules/');
  if (at < 0) return null;
  const [first = '', second = ''] = path.slice(at + 'node_modules/'.length).split('/');
  return first.startsWith('@') ? `${first}/${second}` : first;
}
