/** The built page (vite, dist/dashboard): a handful of files without a single fact in them, read once. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CALLED } from '../../shared/base/called.ts';

export interface PageFile {
  readonly type: string;
  readonly body: Buffer;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};

/** Beside the program where it was packaged; in a checkout, where the build puts it. */
const FOLDERS = ['./page/', '../../dist/dashboard/'];

/** Stands in where nothing was built: the node earns without its page. */
const UNBUILT: PageFile = {
  type: 'text/html; charset=utf-8',
  body: Buffer.from(
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Warren node</title>' +
      `<h1>The dashboard is not built</h1><p>Run <code>${CALLED.dashboard}</code> and start the node again.</p></html>`,
  ),
};

/** By path, `/` for the page itself. */
export function readPage(folders = FOLDERS.map((folder) => fileURLToPath(new URL(folder, import.meta.url)))) {
  const folder = folders.find((folder) => existsSync(join(folder, 'index.html')));
  if (!folder) return new Map([['/', UNBUILT]]);
  const files = new Map<string, PageFile>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const type = TYPES[extname(entry.name)];
    if (!entry.isFile() || !type) continue;
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(folder.length).replace(/^\/*/, '/');
    files.set(name === '/index.html' ? '/' : name, { type, body: readFileSync(path) });
  }
  return files;
}
