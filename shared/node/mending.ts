/**
 * The `--fix` of both doctors: shows each command that mends something by itself, asks before one that needs
 * root, runs it, and says how to take it back. It looks for nothing, and tells not whether the fault is gone.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline/promises';

export interface Mend {
  /** What to do, as a person types it or does it. */
  readonly command: string;
  /** The same for `--fix`; absent where only a person can do it, or should decide. */
  readonly run?: readonly string[] | (() => Promise<void>);
  /** What is different afterwards: a sentence. */
  readonly does?: string;
  /** What takes it back, as a person types it. */
  readonly undo?: string;
}

/** What is wrong, in the words of whoever found it, and what mends that. */
export interface Fault {
  readonly text: string;
  readonly mend: Mend;
}

/** A command that runs by itself. */
export const by = (run: readonly string[], effect: Pick<Mend, 'does' | 'undo'>): Mend => ({
  command: run.map(quoted).join(' '),
  run,
  ...effect,
});

export interface MendingOptions {
  /** Without a question, also what needs root. */
  readonly yes: boolean;
  readonly cwd: string;
  say(line: string): void;
}

export interface Outcome {
  readonly command: string;
  /** Null: it worked. */
  readonly failure: string | null;
  readonly undo: string | null;
}

/**
 * Each command once, in the order given; faults that only a person can mend are passed over. The person sees what is
 * wrong and the command before it runs, and answers what it asks.
 */
export async function mendAll(faults: readonly Fault[], options: MendingOptions): Promise<readonly Outcome[]> {
  const byCommand = Map.groupBy(
    faults.filter(({ mend }) => mend.run),
    ({ mend }) => textOf(mend),
  );
  if (byCommand.size === 0) options.say('There is nothing that mends itself.');
  const outcomes: Outcome[] = [];
  for (const [command, [first, ...alike]] of byCommand) {
    if (!first) continue;
    for (const { text } of [first, ...alike]) options.say(text);
    const failure = await mendOne(command, first.mend, options);
    outcomes.push({ command, failure, undo: first.mend.undo ?? null });
  }
  return outcomes;
}

/** Of two verdicts that ask for one command the words may differ. */
const textOf = ({ command, run }: Mend): string => (typeof run === 'object' ? run.map(quoted).join(' ') : command);

/** As a shell reads it. */
export const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`);

async function mendOne(command: string, { run, does, undo }: Mend, options: MendingOptions): Promise<string | null> {
  const { yes, cwd, say } = options;
  say(`  → ${command}`);
  if (does) say(`  ${does}`);
  if (typeof run === 'object' && run[0] === 'sudo' && !yes && !(await isAgreed(say))) return 'not run';
  const failure = await perform(run, cwd);
  if (failure !== null) say(`  That did not work: ${failure}.`);
  else say(undo ? `  Done. To take it back: ${undo}` : '  Done.');
  return failure;
}

async function isAgreed(say: MendingOptions['say']): Promise<boolean> {
  if (!process.stdin.isTTY) {
    say('  Not run: it needs root, and there is nobody to ask. Type it yourself, or add --yes.');
    return false;
  }
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const isYes = /^y(es)?$/i.test((await reader.question('  Run it as root? [y/N] ')).trim());
    if (!isYes) say('  Not run.');
    return isYes;
  } finally {
    reader.close();
  }
}

async function perform(run: Mend['run'], cwd: string): Promise<string | null> {
  if (typeof run === 'function')
    return run().then(
      () => null,
      (error: unknown) => (error instanceof Error ? error.message.replace(/\.$/, '') : String(error)),
    );
  const isRoot = process.geteuid?.() === 0;
  const [program = '', ...args] = isRoot && run?.[0] === 'sudo' ? run.slice(1) : (run ?? []);
  return new Promise((resolve) => {
    // What it prints is news, not the doctor's result.
    const child = spawn(program, args, { cwd, stdio: ['inherit', 2, 2] });
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code) => resolve(code === 0 ? null : `it ended with ${code ?? 'a signal'}`));
  });
}
