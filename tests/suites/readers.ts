/** How to read what a suite says, tool by tool. */
import { existsSync, readFileSync } from 'node:fs';
import type { Counts } from './suite.ts';

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  /** A file that could not be loaded fails without a single test in it. */
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

export function readVitest({ report }: { readonly report: string }): Counts {
  const result = JSON.parse(readFileSync(report, 'utf8')) as VitestReport;
  const unloaded = result.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
  return {
    passed: result.numPassedTests,
    failed: result.numFailedTests + unloaded.length,
    skipped: result.numPendingTests + result.numTodoTests,
  };
}

/** @returns the files in which something failed, and how many tests of theirs passed; none where the report is missing. */
export function failedFiles(report: string): { readonly files: readonly string[]; readonly passed: number } {
  if (!existsSync(report)) return { files: [], passed: 0 };
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as VitestReport;
  const failed = testResults.filter(({ status }) => status === 'failed');
  const tests = failed.flatMap(({ assertionResults }) => assertionResults);
  return { files: failed.map(({ name }) => name), passed: tests.filter(({ status }) => status === 'passed').length };
}

/** `forge test --json`: contract → test → status. */
export function readForge({ stdout }: { readonly stdout: string }): Counts {
  const line = stdout.split('\n').find((text) => text.startsWith('{')) ?? '';
  const contracts = JSON.parse(line) as Record<
    string,
    { readonly test_results: Record<string, { readonly status: string }> }
  >;
  const all = Object.values(contracts).flatMap(({ test_results }) => Object.values(test_results));
  const count = (status: string): number => all.filter((test) => test.status === status).length;
  return { passed: count('Success'), failed: count('Failure'), skipped: count('Skipped') };
}

interface StoryReport {
  readonly claims: readonly { readonly ok: boolean }[];
}

/** The story writes its claims; each is one check. */
export function readClaims({ report }: { readonly report: string }): Counts {
  const { claims } = JSON.parse(readFileSync(report, 'utf8')) as StoryReport;
  const passed = claims.filter((claim) => claim.ok).length;
  return { passed, failed: claims.length - passed, skipped: 0 };
}

/** Of a story that may have left nothing. */
export function passedClaims(report: string): number {
  return existsSync(report) ? readClaims({ report }).passed : 0;
}

/** web-ext's one warning that is known: Preact can set `innerHTML`, and nothing of ours asks it to. */
const KNOWN_WARNING = 'UNSAFE_VAR_ASSIGNMENT';

/** `web-ext lint --output=json` */
export function readLint({ stdout }: { readonly stdout: string }): Counts {
  const { errors, warnings } = JSON.parse(stdout) as {
    readonly errors: readonly unknown[];
    readonly warnings: readonly { readonly code: string }[];
  };
  const known = warnings.filter(({ code }) => code === KNOWN_WARNING).length;
  const failed = errors.length + warnings.length - Math.min(known, 1);
  return { passed: failed === 0 ? 1 : 0, failed, skipped: 0 };
}

/** The matrix of homes: a cell, or a whole journey, is one check. */
export function readMatrix({ report }: { readonly report: string }): Counts {
  const { cells, journeys } = JSON.parse(readFileSync(report, 'utf8')) as {
    readonly cells: readonly { readonly tries: number; readonly met: number }[];
    readonly journeys: readonly { readonly why: string | null }[];
  };
  const passed = cells.filter(({ tries, met }) => met === tries).length + journeys.filter(({ why }) => !why).length;
  return { passed, failed: cells.length + journeys.length - passed, skipped: 0 };
}
