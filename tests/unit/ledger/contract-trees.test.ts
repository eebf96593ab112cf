/** Each Foundry test file has a tree of branches beside it, and the two name the same tests. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { hermeChannelsAbi } from '../../../shared/wire/abi.ts';

const FOLDER = path.resolve(import.meta.dirname, '../../../contracts/test');
/** A campaign has no branches: its rules stand in its own header. */
const WITHOUT_TREE = 'Invariants';
const names = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.t.sol'))
  .map((file) => file.slice(0, -'.t.sol'.length))
  .filter((name) => name !== WITHOUT_TREE);

const read = (file: string) => readFileSync(path.join(FOLDER, file), 'utf8');
const all = (text: string, pattern: RegExp) =>
  [...new Set([...text.matchAll(pattern)].map((match) => match[1]))].sort();

describe.each(names)('%s.tree', (name) => {
  test('exists', () => expect(existsSync(path.join(FOLDER, `${name}.tree`))).toBe(true));

  test('names exactly the tests that are there', () => {
    expect(all(read(`${name}.tree`), /\[(\w+)\]$/gm)).toEqual(all(read(`${name}.t.sol`), /function (test\w+)\(/g));
  });

  test('has a test for every branch', () => {
    const leaves = read(`${name}.tree`)
      .split('\n')
      .filter((line, i, lines) => /[├└]──/.test(line) && !deeper(line, lines[i + 1]));
    for (const leaf of leaves) expect(leaf).toMatch(/\[test\w+\]$/);
  });
});

test('every function of the contract that changes something has a tree', () => {
  const roots = names.flatMap((name) => all(read(`${name}.tree`), /^(\w+)$/gm));
  const functions = hermeChannelsAbi.flatMap((entry) =>
    entry.type === 'function' && entry.stateMutability === 'nonpayable' ? [entry.name] : [],
  );
  expect(functions.length).toBeGreaterThan(8);
  expect(roots).toEqual(expect.arrayContaining(functions));
});

/** Whether the next line is a branch of this one: then this one is a condition, not a case. */
function deeper(line: string, next: string | undefined): boolean {
  return next !== undefined && next.search(/[├└]──/) > line.search(/[├└]──/);
}
