/** One check's outcome: a sentence for a person, and the command that mends it. */
export interface Verdict {
  /** Stays the same from release to release: for programs. */
  readonly name: string;
  /** `warning`: it works, not as well as it could. */
  readonly state: 'ok' | 'warning' | 'problem';
  readonly text: string;
  readonly mend?: Mend;
}

export interface Mend {
  /** What to do, as a person types it or does it. */
  readonly command: string;
  /** The same for `--fix`; absent where only a person can do it, or should decide. */
  readonly run?: readonly string[];
}

export const ok = (name: string, text: string): Verdict => ({ name, state: 'ok', text });

export function warning(name: string, text: string, mend?: Mend): Verdict {
  return { name, state: 'warning', text, ...(mend ? { mend } : {}) };
}

export function problem(name: string, text: string, mend?: Mend): Verdict {
  return { name, state: 'problem', text, ...(mend ? { mend } : {}) };
}

/** A command that can run by itself. No word of it needs quoting. */
export const by = (...run: readonly string[]): Mend => ({ command: run.join(' '), run });
