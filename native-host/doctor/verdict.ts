/** One check's outcome: a sentence for a person, and the command that mends it. */
import type { Mend } from '../../shared/node/mending.ts';

export interface Verdict {
  /** Stays the same from release to release: for programs. */
  readonly name: string;
  /** `warning`: it works, not as well as it could. */
  readonly state: 'ok' | 'warning' | 'problem';
  readonly text: string;
  readonly mend?: Mend;
}

export const ok = (name: string, text: string): Verdict => ({ name, state: 'ok', text });

export function warning(name: string, text: string, mend?: Mend): Verdict {
  return { name, state: 'warning', text, ...(mend ? { mend } : {}) };
}

export function problem(name: string, text: string, mend?: Mend): Verdict {
  return { name, state: 'problem', text, ...(mend ? { mend } : {}) };
}
