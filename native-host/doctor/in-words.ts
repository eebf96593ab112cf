/** The verdicts as lines for a terminal. The sign says it too, for whoever sees no colour. */
import { OF_CHECKOUT, type Remedies } from './checks/remedies.ts';
import type { Verdict } from './verdict.ts';

const SIGN = { ok: '✓', warning: '!', problem: '✗' } as const;
const COLOUR = { ok: 32, warning: 33, problem: 31 } as const;

export function inWords(verdicts: readonly Verdict[], colours: boolean, { doctor }: Remedies = OF_CHECKOUT): string {
  const paint = (code: number, text: string) => (colours ? `\x1b[${code}m${text}\x1b[0m` : text);
  const lines = verdicts.flatMap(({ name, state, text, mend }) => [
    `${paint(COLOUR[state], SIGN[state])} ${name.padEnd(11)}${text}`,
    ...(mend ? [`  ${''.padEnd(11)}→ ${paint(1, mend.command)}`] : []),
  ]);
  const problems = verdicts.filter(({ state }) => state === 'problem').length;
  const warnings = verdicts.filter(({ state }) => state === 'warning').length;
  return [...lines, '', summary(problems, warnings, doctor)].join('\n');
}

function summary(problems: number, warnings: number, doctor: string): string {
  if (problems > 0)
    return `${problems === 1 ? 'One problem' : `${problems} problems`} in the way. "${doctor} --fix" mends what can be mended by itself, and asks before it uses root.`;
  return warnings > 0 ? 'Nothing stands in the way; see the notes above.' : 'All is well.';
}
