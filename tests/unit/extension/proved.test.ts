/** Two tables of the docs name the test that proves each row: those tests are there, by those words. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';

const TITLES = /(?:test|describe)[^\n]*|^ {2,4}\[?'[^\n]*|^ {2}\][^\n]*|^ {4}`[^\n]*/gm;

describe.each([
  { doc: 'docs/SECURITY.md', heading: '## Ways around the proxy', columns: 'way around', rows: 21 },
  { doc: 'docs/NEEDS.md', heading: '# What users of other extensions miss', columns: 'missed elsewhere', rows: 12 },
])('$doc', ({ doc, heading, columns, rows: fewest }) => {
  const section = readFileSync(doc, 'utf8').split(heading)[1]?.split('\n## ')[0] ?? '';
  const files = new Map(
    [...section.matchAll(/(?:\b([A-Z]): )?\[`[^\]]+\]\((\.\.\/tests\/[^)]+\.tsx?)\)/g)].map(([, letter, path = '']) => [
      join(dirname(doc), path),
      letter,
    ]),
  );
  const titles = [...files.keys()]
    .flatMap((file) => readFileSync(file, 'utf8').match(TITLES) ?? [])
    .join('\n')
    .replaceAll('’', "'");
  const letters = [...files.values()].filter((letter) => letter !== undefined).join('');
  const cited = [...section.matchAll(/\*"([^"]+)"\*/g)].map(([, words = '']) => words.replaceAll('’', "'"));

  test('says of every row what proves it', () => {
    const rows = section.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith(`| ${columns}`));
    expect(rows.length).toBeGreaterThanOrEqual(fewest);
    expect(rows.filter((row) => row.split('|').length !== 5)).toEqual([]);
    const proof = new RegExp(`\\b[${letters}]\\b|\\.test\\.ts`);
    expect(rows.filter((row) => !proof.test(row.split('|')[3] ?? ''))).toEqual([]);
  });

  test.each(cited)('there is a test "%s"', (words) => {
    const pattern = words
      .split('…')
      .map((part) => part.trim().replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*');
    expect(titles).toMatch(new RegExp(pattern, 'i'));
  });
});
