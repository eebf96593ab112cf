/** The packages for the stores: the same bytes whatever the files' dates and order. */
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { pack } from '../../../manifest/pack.ts';
import { readZip, writeZip } from '../../../manifest/zip.ts';

const work = mkdtempSync(join(tmpdir(), 'warren-pack-test-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const MANIFEST = { manifest_version: 3, name: 'Small', version: '1.2.3', key: 'AAAA' };
const FILES = { 'manifest.json': JSON.stringify(MANIFEST), 'ui/page.js': 'export const a = 1;', 'ui/ü.css': 'a {}' };

function built(name: string, files: readonly (readonly [string, string])[], date: Date): string {
  for (const [file, text] of files) {
    const path = join(work, name, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    utimesSync(path, date, date);
  }
  return join(work, name);
}

test('what is written is what is read, whatever it is', () => {
  const name = fc.stringMatching(/^[a-zäß\u0641\u4e2d]{1,12}(\/[a-z]{1,5})?$/);
  const files = fc.dictionary(name, fc.uint8Array({ maxLength: 2_000 }), { maxKeys: 12 });
  fc.assert(
    fc.property(files, (some) => {
      const entries = Object.entries(some).map(([file, bytes]) => ({ name: file, data: Buffer.from(bytes) }));
      const read = readZip(writeZip(entries));
      expect(read.map((entry) => entry.name)).toEqual(Object.keys(some).sort());
      for (const entry of read) expect(entry.data).toEqual(Buffer.from(some[entry.name] ?? []));
    }),
    { numRuns: 100 },
  );
});

test('the same files make the same package, whenever and in whichever order they were built', async () => {
  const files = Object.entries(FILES);
  const one = await pack(built('one', files, new Date(1_600_000_000_000)), 'firefox');
  const two = await pack(built('two', files.toReversed(), new Date(1_790_000_000_000)), 'firefox');
  expect(two.equals(one)).toBe(true);
});

test("Chromium's store is given no key; nothing else of the manifest is missing", async () => {
  const zip = await pack(built('chrome', Object.entries(FILES), new Date()), 'chrome');
  const manifest = readZip(zip).find(({ name }) => name === 'manifest.json');
  const { key: _, ...rest } = MANIFEST;
  expect(JSON.parse(manifest?.data.toString() ?? '')).toEqual(rest);
});
