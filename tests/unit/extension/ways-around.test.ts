/** docs/SECURITY.md names the test that proves each row: those tests are there, by those words. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const DOC = 'docs/SECURITY.md';
const section = readFileSync(DOC, 'utf8').split('## Ways around the proxy')[1]?.split('\n## ')[0] ?? '';
const files = [...section.matchAll(/\]\((\.\.\/tests\/[^)]+\.ts)\)/g)].map(([, path = '']) => join(dirname(DOC), path));
const titles = files
  .flatMap(
    (file) =>
      readFileSync(file, 'utf8').match(/(?:test|describe)[^\n]*|^ {2,4}\[?'[^\n]*|^ {2}\]\)[^\n]*|^ {4}`[^\n]*/gm) ??
      [],
  )
  .join('\n')
  .replaceAll('’', "'");
const cited = [...section.matchAll(/\*"([^"]+)"\*/g)].map(([, words = '']) => words);

test('every row of the ways around the proxy says what proves it', () => {
  const rows = section.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| way around'));
  expect(rows.length).toBeGreaterThan(20);
  expect(rows.filter((row) => row.split('|').length !== 5)).toEqual([]);
  expect(rows.filter((row) => !/\b[CFPWKA]\b|\.test\.ts/.test(row.split('|')[3] ?? ''))).toEqual([]);
});

test.each(cited)('there is a test "%s"', (words) => {
  const pattern = words
    .split('…')
    .map((part) => part.trim().replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
  expect(titles).toMatch(new RegExp(pattern, 'i'));
});
