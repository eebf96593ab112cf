/** A rule list of another extension, for the picture of its import. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes the file into `folder` and returns its path. */
export function foreignRules(folder: string): string {
  const include = (pattern: string) => ({ active: true, type: 'wildcard', title: '', pattern });
  const data = [
    {
      active: true,
      title: 'Office',
      type: 'socks5',
      include: ['*://*.wiki.example/*', '*://git.example/*'].map(include),
      exclude: [],
    },
    {
      active: true,
      title: 'Films',
      type: 'http',
      include: ['*://*.films.example/*', '*://shop.example/cart/*'].map(include),
      exclude: [],
    },
  ];
  const file = join(folder, 'FoxyProxy.json');
  writeFileSync(file, JSON.stringify({ mode: 'pattern', data }));
  return file;
}
