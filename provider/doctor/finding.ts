/** What one look of the doctor found: a line, as on the dashboard, and what mends it. */
import { asWarrenError } from '../../shared/base/errors.ts';
import type { Mend } from '../../shared/node/mending.ts';
import type { HealthLine } from '../dashboard/status.ts';

export interface Finding extends HealthLine {
  /** Beside a line that is well: it would be better so. */
  readonly mend: Mend | null;
}

export const well = (name: string, text: string, better: Mend | null = null): Finding => ({
  name,
  ok: true,
  text,
  action: better && wordsOf(better),
  mend: better,
});

/** @param mend a sentence where only a person can do it. */
export function ill(name: string, text: string, mend: Mend | string): Finding {
  if (typeof mend === 'string') return { name, ok: false, text, action: mend, mend: null };
  return { name, ok: false, text, action: wordsOf(mend), mend };
}

const wordsOf = ({ command }: Mend) => `Do this: ${command}`;

/** A look whose failure brings its own words. */
export async function plain(name: string, look: () => Promise<string>): Promise<Finding> {
  return (await line(name, async () => [await look(), null])).line;
}

export async function line<T>(
  name: string,
  look: () => Promise<readonly [text: string, found: T]>,
): Promise<{ readonly line: Finding; readonly found: T | null }> {
  try {
    const [text, found] = await look();
    return { line: well(name, text), found };
  } catch (thrown) {
    const { message, action } = asWarrenError(thrown);
    return { line: ill(name, message, action), found: null };
  }
}
