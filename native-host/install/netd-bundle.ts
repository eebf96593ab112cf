/**
 * warren-netd as one file without imports of ours, for root's own folder: netd's unit does not see
 * home folders, and nothing that runs privileged may stay changeable by an ordinary user.
 */
import { build, type Rolldown } from 'vite';

/** @throws Error when the sources of the checkout can not be bundled into one file. */
export async function bundleNetd(checkout: string): Promise<string> {
  const result = (await build({
    configFile: false,
    root: checkout,
    publicDir: false,
    logLevel: 'error',
    ssr: { noExternal: true },
    build: { ssr: 'native-host/netd/main.ts', write: false, target: 'node24', minify: false },
  })) as Rolldown.RolldownOutput;
  const [chunk, ...more] = result.output;
  if (chunk.type !== 'chunk' || more.length > 0) throw new Error('netd does not fit into one file');
  const foreign = chunk.imports.filter((name) => !name.startsWith('node:'));
  if (foreign.length > 0) throw new Error(`netd would import ${foreign.join(', ')}`);
  return chunk.code;
}
