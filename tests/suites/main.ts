/**
 * Runs every suite and ends with one plain line, `N passed, N failed`. Exit code 0 only if nothing
 * failed and nothing was skipped.
 *
 * usage: main.ts [--only types,lint,extension-lint,layers,unit,contracts,net,story]
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { reapDeadLabs } from '../lab/cleanup.ts';
import { PHASES, SUITES } from './list.ts';
import { type Outcome, ROOT, runSuite } from './suite.ts';

/** Two cores: two suites of a phase at a time. */
const AT_ONCE = 2;
const LOG_LINES = 80;

type Name = keyof typeof SUITES;

function wanted(only: string | undefined): Name[] {
  const all = Object.keys(SUITES) as Name[];
  if (only === undefined) return all;
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

async function runPhase(names: readonly Name[], folder: string, children: Set<number>): Promise<Outcome[]> {
  const queue = [...names];
  const outcomes: Outcome[] = [];
  const worker = async (): Promise<void> => {
    for (let name = queue.shift(); name; name = queue.shift()) {
      const outcome = await runSuite(SUITES[name], folder, children);
      outcomes.push(outcome);
      show(outcome);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return outcomes;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { only: { type: 'string' } } });
  const names = wanted(values.only);
  const folder = join(ROOT, 'artifacts', 'test');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const children = new Set<number>();
  const onSignal = (signal: NodeJS.Signals): void => {
    // Suites run in groups of their own; each tidies up on SIGTERM, and its guardian does if it cannot.
    for (const pid of children) {
      try {
        process.kill(-pid, 'SIGTERM');
      } catch {
        // Ended by itself.
      }
    }
    console.log(`interrupted (${signal})`);
    setTimeout(() => process.exit(130), 1_500);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  const started = performance.now();
  const outcomes: Outcome[] = [];
  for (const phase of PHASES) {
    outcomes.push(
      ...(await runPhase(
        phase.filter((name) => names.includes(name)),
        folder,
        children,
      )),
    );
  }
  if (process.getuid?.() === 0) reapDeadLabs();
  const sum = (pick: (outcome: Outcome) => number): number => outcomes.reduce((total, one) => total + pick(one), 0);
  const [passed, failed] = [sum((one) => one.passed), sum((one) => one.failed)];
  console.log(`\n${outcomes.length} suites in ${((performance.now() - started) / 1000).toFixed(0)} s`);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
}

await main();
