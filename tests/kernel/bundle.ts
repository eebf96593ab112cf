/** A program of this checkout as few files, whose sources still find what lies beside them: for a guest, to which every file is far. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundleProgram } from '../../packaging/bundle.ts';

/** @param entry relative to the checkout. @param folder where its `main.mjs` will be. */
export async function bundleInto(folder: string, checkout: string, entry: string): Promise<void> {
  const inPlace = {
    name: 'in-place',
    transform: (code: string, id: string): string | null =>
      id.startsWith(`${checkout}/`) && !id.includes('/node_modules/') ? withPlaces(code, id) : null,
  };
  const { files } = await bundleProgram(checkout, entry, [inPlace]);
  mkdirSync(folder, { recursive: true });
  for (const [name, code] of files) writeFileSync(join(folder, name), code);
}

function withPlaces(code: string, file: string): string {
  return code
    .replaceAll('import.meta.dirname', JSON.stringify(dirname(file)))
    .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(file).href));
}
