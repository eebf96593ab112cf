/**
 * Runs every suite and ends with one plain line, `N passed, N failed`. Exit code 0 only if nothing
 * failed and nothing was skipped.
 *
 * usage: main.ts [--all] [--only NAME,…]   (names and phases: list.ts)
 */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { bundlePrograms } from '../lab/bundle-programs.ts';
import { reapDeadLabs } from '../lab/cleanup.ts';
import { merged, unsteady } from './again.ts';
import { LONG_PHASES, PHASES, SUITES } from './list.ts';
import { type Outcome, ROOT, runSuite, type Suite } from './suite.ts';

/** Suites of a phase at a time, on two cores: each waits now and then. */
const AT_ONCE = 3;
const LOG_LINES = 80;
/** From SIGTERM to SIGKILL. */
const PATIENCE_MS = 5_000;

type Name = keyof typeof SUITES;

function wanted(only: string | undefined, long: boolean): Name[] {
  const all = Object.keys(SUITES) as Name[];
  if (only === undefined) return long ? all : PHASES.flat();
  const names = only.split(',');
  const unknown = names.filter((name) => !all.includes(name as Name));
  if (unknown.length > 0) throw new RangeError(`no such suite: ${unknown.join(', ')} (there are ${all.join(', ')})`);
  return all.filter((name) => names.includes(name));
}

function show(outcome: Outcome): void {
  const ok = outcome.failed === 0;
  const time = `${(outcome.ms / 1000).toFixed(1)} s`.padStart(8);
  const skipped = outcome.skipped > 0 ? `, ${outcome.skipped} skipped` : '';
  console.log(
    `${ok ? '✓' : '✗'} ${outcome.suite.padEnd(14)} ${time}   ${outcome.passed} passed, ${outcome.failed} failed${skipped}`,
  );
  if (ok) return;
  if (outcome.why) console.log(`  ${outcome.why}`);
  const lines = readFileSync(outcome.log, 'utf8').trimEnd().split('\n');
  for (const line of lines.slice(-LOG_LINES)) console.log(`  │ ${line}`);
  console.log(`  whole log: ${relative(process.cwd(), outcome.log)}`);
}

async function runOne(name: Name, folder: string, run: Run): Promise<Outcome> {
  const outcome = await runSuite(SUITES[name], folder, run.children);
  if (!run.interrupted) show(outcome);
  return outcome;
}

/** @param running takes every suite, also one that is still on its way. */
async function runPhase(names: readonly Name[], folder: string, run: Run, running: Promise<Outcome>[]): Promise<void> {
  const is = (name: Name, what: 'beside' | 'alone'): boolean => (SUITES[name] as Suite)[what] ?? false;
  if (names.some((name) => is(name, 'alone'))) await Promise.all(running);
  const start = (name: Name): Promise<Outcome> => {
    const outcome = runOne(name, folder, run);
    running.push(outcome);
    return outcome;
  };
  if (!run.interrupted) for (const name of names.filter((one) => is(one, 'beside'))) void start(name);
  const queue = names.filter((name) => !is(name, 'beside'));
  const worker = async (): Promise<void> => {
    for (let name = queue.shift(); name && !run.interrupted; name = queue.shift()) await start(name);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** Puts the second outcome in the place of the first. @returns the suites of which something ran twice. */
async function askAgain(outcomes: Outcome[], folder: string, run: Run): Promise<string[]> {
  const names: string[] = [];
  for (const one of unsteady(outcomes, SUITES)) {
    if (run.interrupted) break;
    const second = await runSuite(one.again.suite, folder, run.children);
    show(second);
    outcomes[outcomes.indexOf(one.outcome)] = merged(one, second);
    names.push(one.outcome.suite);
  }
  return names;
}

interface Run {
  readonly children: Set<number>;
  interrupted: NodeJS.Signals | null;
}

/** Suites run in groups of their own: each tidies up on SIGTERM, and its guardian does if it cannot. */
function endOnSignal(run: Run): void {
  const signalAll = (signal: NodeJS.Signals): void => {
    for (const pid of run.children) {
      try {
        process.kill(-pid, signal);
      } catch {
        // Ended by itself.
      }
    }
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    if (run.interrupted) return;
    run.interrupted = signal;
    console.log(`interrupted (${signal}), tidying up`);
    signalAll('SIGTERM');
    setTimeout(() => signalAll('SIGKILL'), PATIENCE_MS).unref();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
}

/** Temporary files of all suites lie below one folder each on disk and in memory, gone with the run. */
function makeScratch(): string[] {
  const folders = [mkdtempSync(join(tmpdir(), 'warren-test-')), mkdtempSync('/dev/shm/warren-test-')] as const;
  // Some tests step down to an ordinary user, who has to get through.
  for (const path of folders) chmodSync(path, 0o755);
  process.env.TMPDIR = folders[0];
  process.env.WARREN_TEST_MEMORY = folders[1];
  // A lab starts the same programs again and again, some as users of their own: each reads the sources once.
  const code = join(folders[0], 'code');
  mkdirSync(code);
  chmodSync(code, 0o1777);
  process.env.NODE_COMPILE_CACHE = code;
  process.env.NODE_COMPILE_CACHE_PORTABLE = '1';
  return [...folders];
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { only: { type: 'string' }, all: { type: 'boolean', default: false } } });
  const names = wanted(values.only, values.all);
  const folder = join(ROOT, 'artifacts', 'test');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const run: Run = { children: new Set(), interrupted: null };
  endOnSignal(run);
  const scratch = makeScratch();
  const started = performance.now();
  const starting: readonly Suite[] = names.map((name) => SUITES[name]);
  if (starting.some(({ programs }) => programs)) await bundlePrograms(ROOT);
  const running: Promise<Outcome>[] = [];
  for (const phase of [...PHASES, ...LONG_PHASES]) {
    const wantedOfIt = phase.filter((name) => names.includes(name));
    await runPhase(wantedOfIt, folder, run, running);
  }
  const outcomes = await Promise.all(running);
  const retried = run.interrupted ? [] : await askAgain(outcomes, folder, run);
  if (process.getuid?.() === 0) reapDeadLabs();
  for (const path of scratch) rmSync(path, { recursive: true, force: true });
  if (run.interrupted) process.exit(130);
  const sum = (pick: (outcome: Outcome) => number): number => outcomes.reduce((total, one) => total + pick(one), 0);
  const [passed, failed] = [sum((one) => one.passed), sum((one) => one.failed)];
  console.log(`\n${outcomes.length} suites in ${((performance.now() - started) / 1000).toFixed(0)} s`);
  if (retried.length > 0) console.log(`second try, alone: ${retried.join(', ')}`);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
}

await main();
