/**
 * `npm run mutate:contracts`: writes each seeded bug into a copy of the contracts and runs the suite on it. Fails when
 * a bug survives, when a row no longer fits the source, or when the suite fails without any bug. The sources themselves
 * are never touched.
 *
 *   node contracts/mutation/main.ts [--only TEXT] [--suite Invariants]    bugs that contain TEXT; one test contract
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { MUTANTS, type Mutant } from './mutants.ts';

const CONTRACTS = path.dirname(import.meta.dirname);
const MODULES = path.join(path.dirname(CONTRACTS), 'node_modules');
const { PATH = '' } = process.env;
const SOURCE = 'src/HermeChannels.sol';
const ARGS = ['test', '--json', '--fail-fast', '--fuzz-seed', '0x1'];
/** A run that hangs is a failure, not a kill. */
const MINUTES = 3;

type Verdict = { readonly kind: 'passed' } | { readonly kind: 'failed'; readonly by: string };

/** @throws RangeError when the row does not fit the source. */
export function mutate(source: string, { bug, find, replace }: Mutant): string {
  const [before, after, ...more] = source.split(find);
  if (before === undefined || after === undefined || more.length > 0)
    throw new RangeError(`"${bug}" does not fit the source: its text must occur exactly once`);
  return before + replace + after;
}

/** A copy to break, beside a link to the packages, as the remappings of foundry.toml want it. */
function copy(): string {
  const root = mkdtempSync(path.join(tmpdir(), 'warren-mutants-'));
  const contracts = path.join(root, 'contracts');
  mkdirSync(contracts);
  symlinkSync(MODULES, path.join(root, 'node_modules'));
  for (const part of ['src', 'test', 'tools', 'foundry.toml'])
    cpSync(path.join(CONTRACTS, part), path.join(contracts, part), { recursive: true });
  return contracts;
}

/** @throws when the suite could not be run to a verdict: a bug that does not compile proves nothing. */
function suite(folder: string, ...filter: readonly string[]): Verdict {
  const run = spawnSync(path.join(MODULES, '.bin/forge'), ARGS.concat(filter), {
    cwd: folder,
    encoding: 'utf8',
    timeout: MINUTES * 60_000,
    maxBuffer: 64 << 20,
    env: {
      ...process.env,
      PATH: `${path.join(MODULES, '.bin')}:${PATH}`,
      NO_COLOR: '1',
      FOUNDRY_FUZZ_RUNS: '64',
      FOUNDRY_INVARIANT_SHRINK_RUN_LIMIT: '0',
      FOUNDRY_DYNAMIC_TEST_LINKING: 'true',
    },
  });
  const tests = results(run.stdout);
  const failed = tests.find(({ status }) => status === 'Failure');
  if (failed) return { kind: 'failed', by: failed.name };
  if (run.status === 0 && tests.some(({ status }) => status === 'Success')) return { kind: 'passed' };
  throw new Error(`no verdict:\n${run.stdout.slice(-2_000)}${run.stderr.slice(-2_000)}`);
}

/** `forge test --json`: suites by contract, in each the results by test. Nothing when it did not compile. */
function results(stdout: string): readonly { readonly name: string; readonly status: string }[] {
  if (!stdout.startsWith('{')) return [];
  type Suites = Record<string, { readonly test_results: Record<string, { readonly status: string }> }>;
  return Object.values(JSON.parse(stdout) as Suites).flatMap((contract) =>
    Object.entries(contract.test_results).map(([test, { status }]) => ({ name: test.replace(/\(.*/, ''), status })),
  );
}

/** The quick tests first; the campaign only for what they let through. */
function judge(folder: string, only: string | undefined): Verdict {
  if (only) return suite(folder, '--match-contract', only);
  const quick = suite(folder, '--no-match-contract', 'Invariants');
  return quick.kind === 'failed' ? quick : suite(folder, '--match-contract', 'Invariants');
}

function main(): number {
  const { values } = parseArgs({ options: { only: { type: 'string' }, suite: { type: 'string' } } });
  const folder = copy();
  try {
    const target = path.join(folder, SOURCE);
    const source = readFileSync(target, 'utf8');
    const rows = MUTANTS.filter(({ bug }) => bug.includes(values.only ?? ''));
    const mutated = rows.map((row) => ({ bug: row.bug, text: mutate(source, row) }));
    const untouched = judge(folder, values.suite);
    if (untouched.kind === 'failed') throw new Error(`the suite fails without any bug: ${untouched.by}`);
    const survivors: string[] = [];
    const began = Date.now();
    for (const { bug, text } of mutated) {
      writeFileSync(target, text);
      const verdict = judge(folder, values.suite);
      if (verdict.kind === 'passed') survivors.push(bug);
      console.log(verdict.kind === 'passed' ? `SURVIVED  ${bug}` : `killed    ${bug}  (${verdict.by})`);
    }
    const seconds = Math.round((Date.now() - began) / 1_000);
    console.log(`${rows.length - survivors.length} of ${rows.length} seeded bugs were killed in ${seconds} s`);
    return survivors.length === 0 && rows.length > 0 ? 0 : 1;
  } finally {
    rmSync(path.dirname(folder), { recursive: true, force: true });
  }
}

if (import.meta.main) process.exit(main());
