/** The text files of a package's control archive. */
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { DebianPackage, Release } from './package.ts';

export const MAINTAINER = 'Warren maintainers <warren@warren.network>';
const WIDTH = 78;

/** @param root where the package's files are laid out, `files` relative to it. */
export function controlText(pkg: DebianPackage, { version }: Release, root: string, files: readonly string[]): string {
  const kibibytes = files.reduce((sum, file) => sum + Math.ceil(statSync(join(root, file)).size / 1024), 0);
  const fields: readonly (readonly [string, string])[] = [
    ['Package', pkg.name],
    ['Version', version],
    ['Architecture', pkg.architecture],
    ['Maintainer', MAINTAINER],
    ['Installed-Size', String(kibibytes)],
    ...Object.entries(pkg.relations).map(([name, packages]) => [name, packages.join(', ')] as const),
    ['Section', 'net'],
    ['Priority', 'optional'],
    ['Description', [pkg.synopsis, ...pkg.description.map(folded)].join('\n .\n').replace('\n .\n', '\n')],
  ];
  return fields.map(([name, value]) => `${name}: ${value}\n`).join('');
}

/** Configuration: kept when an administrator changed it, gone with a purge. */
export function conffiles(files: readonly string[]): string {
  return files
    .filter((file) => file.startsWith('etc/'))
    .map((file) => `/${file}\n`)
    .join('');
}

export function md5sums(root: string, files: readonly string[]): string {
  const sum = (file: string): string =>
    createHash('md5')
      .update(readFileSync(join(root, file)))
      .digest('hex');
  return files
    .filter((file) => !file.startsWith('etc/'))
    .map((file) => `${sum(file)}  ${file}\n`)
    .join('');
}

/** A paragraph as a control file wants it: lines that begin with a space. */
function folded(paragraph: string): string {
  const lines: string[] = [];
  for (const word of paragraph.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < WIDTH) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(` ${word}`);
  }
  return lines.join('\n');
}
