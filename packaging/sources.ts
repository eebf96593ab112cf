/** The checkout that packages are made of, and what every package asks of it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NetworkProfile } from '../shared/wire/network.ts';
import { type Bundle, lookedForBeside } from './bundle.ts';
import type { DebianPackage, MaintainerScript, PackagedFile, Release } from './package.ts';

export interface Sources {
  readonly checkout: string;
  /** The pinned Node binary, and the npm package that it came in. */
  readonly node: { readonly binary: string; readonly packageName: string };
  readonly architecture: 'amd64' | 'arm64';
  readonly profile: NetworkProfile;
  readonly release: Release;
}

/** A file of packaging/debian. */
export function debianFile({ checkout }: Sources, name: string): string {
  return readFileSync(join(checkout, 'packaging', 'debian', name), 'utf8');
}

export function plain(path: string, content: string): PackagedFile {
  return { path, mode: 0o644, content };
}

/** Those of the three that packaging/debian has for it. */
export function scriptsOf(sources: Sources, name: string): DebianPackage['scripts'] {
  const there = new Set(readdirSync(join(sources.checkout, 'packaging', 'debian')));
  const kinds: readonly MaintainerScript[] = ['postinst', 'prerm', 'postrm'];
  return Object.fromEntries(
    kinds.filter((kind) => there.has(`${name}.${kind}`)).map((kind) => [kind, debianFile(sources, `${name}.${kind}`)]),
  );
}

/** All files below a folder of the checkout, as they are. */
export function treeOf(from: string, to: string, wanted: (path: string) => boolean = () => true): PackagedFile[] {
  return readdirSync(from, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(from.length + 1))
    .filter(wanted)
    .sort()
    .map((path) => ({ path: `${to}/${path}`, mode: 0o644, copyOf: join(from, path) }));
}

/**
 * A bundle in its folder, with what it reads beside itself.
 * @param elsewhere absolute paths that another package has, on which this one depends.
 * @throws Error when its code looks for a file that would not be there.
 */
export function bundled(
  bundle: Bundle,
  folder: string,
  beside: readonly PackagedFile[],
  elsewhere: readonly string[] = [],
): PackagedFile[] {
  const files = [...[...bundle.files].map(([name, code]) => plain(`${folder}/${name}`, code)), ...beside];
  const there = new Set([...elsewhere, ...files.map(({ path }) => path)]);
  const missing = lookedForBeside(bundle).filter((name) => !there.has(new URL(name, `file://${folder}/`).pathname));
  if (missing.length > 0) throw new Error(`${folder} would look for ${missing.join(', ')} in vain`);
  return files;
}
