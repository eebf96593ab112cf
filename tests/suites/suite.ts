/** One suite: a command that is run, its log kept, and its result read as counts. Decides nothing about order. */
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '');
export const NODE = join(ROOT, 'node_modules/.bin/node');

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface Suite {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly limitMs: number;
  /** It starts our programs: bundled before, once for all suites. */
  readonly programs?: boolean;
  /** It measures no time and keeps one processor busy: the phase after its own does not wait for it. */
  readonly beside?: boolean;
  /** It measures: it waits for whatever still runs. */
  readonly alone?: boolean;
  /** Reads the result; the text is the suite's stdout, `report` the file it was told to write. */
  readonly read: (outcome: {
    readonly code: number | null;
    readonly stdout: string;
    readonly report: string;
  }) => Counts;
  /** What of it may fail for the company that it had: see again.ts. */
  readonly again?: (report: string) => Again | null;
}

export interface Again {
  readonly suite: Suite;
  /** Tests that had passed and are counted once more. */
  readonly passed: number;
}

export interface Outcome extends Counts {
  readonly suite: string;
  readonly ms: number;
  readonly log: string;
  readonly why: string | null;
}

/** For tools that either hold or do not: one check. */
export const oneCheck = ({ code }: { readonly code: number | null }): Counts => ({
  passed: code === 0 ? 1 : 0,
  failed: code === 0 ? 0 : 1,
  skipped: 0,
});

/** Runs a suite to its end. A suite that counts no failure and still ends badly has failed once. */
export async function runSuite(suite: Suite, folder: string, children: Set<number>): Promise<Outcome> {
  const log = join(folder, `${suite.name}.log`);
  const report = join(folder, `${suite.name}.json`);
  const started = performance.now();
  const out = createWriteStream(log);
  const args = suite.args.map((arg) => arg.replace('@REPORT@', report));
  const child = spawn(suite.command, args, {
    cwd: suite.cwd ?? ROOT,
    env: {
      ...process.env,
      PATH: `${join(ROOT, 'node_modules/.bin')}:${process.env.PATH ?? ''}`,
      NO_COLOR: '1',
      FORCE_COLOR: '0',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  if (child.pid) children.add(child.pid);
  let stdout = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
    out.write(chunk);
  });
  child.stderr.on('data', (chunk: Buffer) => out.write(chunk));
  let overdue = false;
  const timer = setTimeout(() => {
    overdue = true;
    if (child.pid) process.kill(-child.pid, 'SIGTERM');
  }, suite.limitMs);
  const code = await new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null));
    child.once('close', resolve);
  });
  clearTimeout(timer);
  if (child.pid) children.delete(child.pid);
  out.end();
  const done = (counts: Counts, why: string | null): Outcome => ({
    suite: suite.name,
    ms: performance.now() - started,
    log,
    why,
    ...counts,
  });
  if (overdue) return done({ passed: 0, failed: 1, skipped: 0 }, `took longer than ${suite.limitMs / 1000} s`);
  let counts: Counts;
  try {
    counts = suite.read({ code, stdout, report });
  } catch (cause) {
    return done({ passed: 0, failed: 1, skipped: 0 }, `left no result: ${cause}`);
  }
  if (code !== 0 && counts.failed === 0) return done({ ...counts, failed: 1 }, `ended with code ${code}`);
  if (counts.passed + counts.failed === 0) return done({ ...counts, failed: 1 }, 'ran no test');
  if (counts.skipped > 0)
    return done({ ...counts, failed: counts.failed + counts.skipped }, `${counts.skipped} were skipped`);
  return done(counts, null);
}
