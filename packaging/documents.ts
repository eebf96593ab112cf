/** What every Debian package brings along to be read: copyright and changelog. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { constants, gzipSync } from 'node:zlib';
import { MAINTAINER } from './control.ts';
import type { PackagedFile, Release } from './package.ts';

const MIT = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation
the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and
to permit persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions
of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO
THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF
CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS
IN THE SOFTWARE.
`;

export interface DocumentsOf {
  readonly checkout: string;
  readonly name: string;
  readonly release: Release;
  /** npm packages that are in it, whole or in part: their licences want to go with them. */
  readonly contains: readonly string[];
}

export function documents({ checkout, name, release, contains }: DocumentsOf): readonly PackagedFile[] {
  const folder = `/usr/share/doc/${name}`;
  const own = `Warren\n\nCopyright 2026 the authors of Warren\nLicense: MIT\n\n${MIT}`;
  const others =
    'Parts of this package are by others. Their names and licences stand in third-party.txt.gz beside this file.';
  const parts = [...contains].sort().map((one) => licenceOf(checkout, one));
  return [
    { path: `${folder}/copyright`, mode: 0o644, content: `${own}\n${others}\n` },
    { path: `${folder}/third-party.txt.gz`, mode: 0o644, content: packed(parts.join(`\n${'-'.repeat(78)}\n\n`)) },
    { path: `${folder}/changelog.gz`, mode: 0o644, content: packed(changelog(name, release)) },
  ];
}

/** A document of the checkout's own, as it is. */
export function page(checkout: string, name: string, file: string): PackagedFile {
  const path = `/usr/share/doc/${name}/${file.split('/').at(-1)}`;
  return { path, mode: 0o644, content: readFileSync(join(checkout, 'docs', file)) };
}

/** @param file `NAME.SECTION`. */
export function manual(file: string, text: string): PackagedFile {
  return { path: `/usr/share/man/man${file.split('.').at(-1)}/${file}.gz`, mode: 0o644, content: packed(text) };
}

/** @throws Error for a package that names no licence at all. */
function licenceOf(checkout: string, name: string): string {
  const folder = join(checkout, 'node_modules', name);
  const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    readonly version: string;
    readonly license?: string;
  };
  const files = readdirSync(folder).filter((file) => /licen[cs]e|^notice|^copying|^modifications/i.test(file));
  if (files.length === 0 && license === undefined) throw new Error(`${name} says nothing of its licence`);
  const texts = files.sort().map((file) => readFileSync(join(folder, file), 'utf8').trimEnd());
  return `${name} ${version}\n\nLicense: ${license ?? 'as below'}\n\n${texts.join('\n\n')}\n`;
}

/** A package of our own building has one entry: what changed stands in the history of the sources. */
function changelog(name: string, { version, epoch }: Release): string {
  const date = new Date(epoch * 1000).toUTCString().replace('GMT', '+0000');
  return `${name} (${version}) unstable; urgency=medium\n\n  * Release ${version}.\n\n -- ${MAINTAINER}  ${date}\n`;
}

/** As "gzip -9n": no name and no date in it. */
function packed(text: string): Uint8Array {
  return gzipSync(text, { level: constants.Z_BEST_COMPRESSION });
}
