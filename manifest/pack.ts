/**
 * The packages that stores take, from the built extension: `web-ext build` checks the manifest and chooses the
 * files; they are then packed anew in a fixed way, so that the same sources make the same bytes on any machine.
 *
 * usage: pack.ts   (reads dist/chrome and dist/firefox, writes into dist)
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pkg from '../package.json' with { type: 'json' };
import type { BrowserTarget } from './extension.ts';
import { type Entry, readZip, writeZip } from './zip.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const WEB_EXT = join(ROOT, 'node_modules/web-ext/bin/web-ext.js');
/** More than this is a mistake somewhere. */
const MAX_BYTES = 400_000;
const FILE: Record<BrowserTarget, string> = {
  chrome: `warren-${pkg.version}-chrome.zip`,
  firefox: `warren-${pkg.version}-firefox.xpi`,
};

/** @param source the folder of a built extension. @throws Error what web-ext says of it. */
export async function pack(source: string, browser: BrowserTarget): Promise<Buffer> {
  const work = await mkdtemp(join(tmpdir(), 'warren-pack-'));
  try {
    const args = ['build', `--source-dir=${source}`, `--artifacts-dir=${work}`, '--filename=raw.zip'];
    await promisify(execFile)(process.execPath, [WEB_EXT, ...args, '--no-config-discovery']);
    const entries = readZip(await readFile(join(work, 'raw.zip')));
    return writeZip(browser === 'chrome' ? entries.map(withoutKey) : entries);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Chromium's store gives an extension its id, and takes no manifest that brings one. */
function withoutKey(entry: Entry): Entry {
  if (entry.name !== 'manifest.json') return entry;
  const { key: _, ...manifest } = JSON.parse(entry.data.toString()) as { readonly key?: string };
  return { ...entry, data: Buffer.from(JSON.stringify(manifest, null, 2)) };
}

async function main(): Promise<void> {
  for (const browser of ['chrome', 'firefox'] as const) {
    const zip = await pack(join(ROOT, 'dist', browser), browser);
    await writeFile(join(ROOT, 'dist', FILE[browser]), zip);
    console.log(`dist/${FILE[browser]}  ${(zip.length / 1000).toFixed(1)} kB`);
    if (zip.length > MAX_BYTES) throw new Error(`${FILE[browser]} is larger than ${MAX_BYTES} bytes`);
  }
}

if (import.meta.main) await main();
