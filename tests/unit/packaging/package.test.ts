import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { lookedForBeside } from '../../../packaging/bundle.ts';
import { conffiles, controlText, md5sums } from '../../../packaging/control.ts';
import type { DebianPackage } from '../../../packaging/package.ts';
import { bundled, plain } from '../../../packaging/sources.ts';
import { dateAll, filesBelow, stage } from '../../../packaging/stage.ts';

const root = mkdtempSync(join(tmpdir(), 'warren-packaging-'));
afterAll(() => rmSync(root, { recursive: true }));

const WORDS = Array.from({ length: 30 }, (_, n) => `word${n}`).join(' ');
const example: DebianPackage = {
  name: 'example',
  architecture: 'all',
  relations: { Depends: ['one (= 1)', 'two'] },
  synopsis: 'short',
  description: [WORDS, 'last'],
  files: [
    plain('/usr/lib/example/b.mjs', 'b'),
    { path: '/usr/bin/example', mode: 0o755, content: 'a' },
    plain('/etc/example/settings.json', '{}'),
  ],
  scripts: {},
};
const release = { version: '1.2.3', epoch: 1_700_000_000, compression: 'gzip' } as const;

test('files are laid out with their modes and one date, and listed in order', () => {
  stage(root, example.files);
  dateAll(root, release.epoch);
  const files = filesBelow(root);
  expect(files).toEqual(['etc/example/settings.json', 'usr/bin/example', 'usr/lib/example/b.mjs']);
  expect(statSync(join(root, 'usr/bin/example')).mode & 0o7777).toBe(0o755);
  for (const path of [...files, 'usr', 'usr/lib', 'usr/lib/example'])
    expect(statSync(join(root, path)).mtimeMs).toBe(release.epoch * 1000);
});

test('what lies below /etc is a conffile and has no checksum; all else has one', () => {
  expect(conffiles(filesBelow(root))).toBe('/etc/example/settings.json\n');
  expect(md5sums(root, filesBelow(root))).toMatch(
    /^\w{32} {2}usr\/bin\/example\n\w{32} {2}usr\/lib\/example\/b.mjs\n$/,
  );
});

test('a control file has one field a line, and a description folded as Debian reads it', () => {
  const lines = controlText(example, release, root, filesBelow(root)).split('\n');
  expect(lines).toContain('Version: 1.2.3');
  expect(lines).toContain('Depends: one (= 1), two');
  expect(lines).toContain('Installed-Size: 3');
  const description = lines.slice(lines.indexOf('Description: short') + 1, -1);
  expect(description.slice(-2)).toEqual([' .', ' last']);
  expect(description.every((line) => line.startsWith(' ') && line.length <= 80)).toBe(true);
  expect(
    description
      .slice(0, -2)
      .map((line) => line.trim())
      .join(' '),
  ).toBe(WORDS);
});

test('a bundle that would look for a file in vain is refused', () => {
  const code = 'read(new URL("../package.json", import.meta.url)); read(new URL(name, import.meta.url))';
  const bundle = { files: new Map([['main.mjs', code]]), packages: [] };
  expect(lookedForBeside(bundle)).toEqual(['../package.json']);
  expect(() => bundled(bundle, '/usr/lib/example', [])).toThrow('../package.json');
  expect(bundled(bundle, '/usr/lib/example', [], ['/usr/lib/package.json'])).toHaveLength(1);
});
