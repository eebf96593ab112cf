/** A failure beside others is asked once more, alone: of what ran twice the second counts, and nothing counts double. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { merged, unsteady } from '../../suites/again.ts';
import { SUITES } from '../../suites/list.ts';
import type { Outcome } from '../../suites/suite.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'suites-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string, ...tests: readonly string[]) => ({
  name,
  status: tests.includes('failed') ? 'failed' : 'passed',
  assertionResults: tests.map((status) => ({ status })),
});

function outcome(suite: string, counts: { readonly passed: number; readonly failed: number }): Outcome {
  return { suite, ms: 1_000, log: join(folder, `${suite}.log`), why: null, skipped: 0, ...counts };
}

function report(suite: string, content: unknown): void {
  writeFileSync(join(folder, `${suite}.json`), JSON.stringify(content));
}

test('only the files that failed run again, and their tests are counted once', () => {
  report('net', { testResults: [file('a', 'passed', 'passed'), file('b', 'passed', 'failed', 'pending')] });
  const [one] = unsteady([outcome('net', { passed: 3, failed: 2 })], SUITES);
  if (!one) throw new Error('nothing runs again');
  expect(one.again.suite.args.at(-1)).toBe('b');
  expect(one.again.suite.args).not.toContain('a');
  const good = merged(one, outcome('net-again', { passed: 3, failed: 0 }));
  expect([good.suite, good.passed, good.failed, good.ms]).toEqual(['net', 5, 0, 2_000]);
  const bad = merged(one, outcome('net-again', { passed: 2, failed: 1 }));
  expect([bad.passed, bad.failed]).toEqual([4, 1]);
});

test('what fails in many files is no accident, and what never shares the machine has no second try', () => {
  report('net', { testResults: ['a', 'b', 'c', 'd'].map((name) => file(name, 'failed')) });
  report('unit', { testResults: [file('a', 'failed')] });
  const failed = { passed: 0, failed: 1 };
  expect(
    unsteady(
      ['net', 'unit', 'types', 'contracts'].map((name) => outcome(name, failed)),
      SUITES,
    ),
  ).toEqual([]);
});

test('a suite that passed, or that left no report, does not run again', () => {
  report('roles', { testResults: [file('a', 'passed')] });
  expect(unsteady([outcome('roles', { passed: 1, failed: 0 })], SUITES)).toEqual([]);
  expect(unsteady([outcome('outages', { passed: 0, failed: 1 })], SUITES)).toEqual([]);
});

test('a story is told again from its beginning', () => {
  report('story-firefox', { claims: [{ ok: true }, { ok: true }, { ok: false }] });
  const [one] = unsteady([outcome('story-firefox', { passed: 2, failed: 1 })], SUITES);
  if (!one) throw new Error('nothing runs again');
  const told = merged(one, outcome('story-firefox-again', { passed: 64, failed: 0 }));
  expect([told.passed, told.failed]).toEqual([64, 0]);
});
