/** `doctor`: says what keeps the node from working, and how to mend it; with `--fix` mends what mends itself, and looks again. */
import { setTimeout as sleep } from 'node:timers/promises';
import { mendAll, type Outcome } from '../../shared/node/mending.ts';
import { examine } from '../doctor/examine.ts';
import type { Finding } from '../doctor/finding.ts';
import type { Invocation } from './invocation.ts';
import { print, printJson } from './print.ts';

/** A service that was started takes a moment. */
const SETTLE_MS = 1_000;

export async function doctor(invocation: Invocation): Promise<void> {
  const { fix, json } = invocation.options;
  let findings = await examine(invocation);
  let changes: readonly Outcome[] = [];
  if (fix) {
    changes = await mend(findings, invocation);
    if (changes.some(({ failure }) => failure === null)) {
      await sleep(SETTLE_MS);
      findings = await examine(invocation);
    }
  }
  const bad = findings.filter(({ ok }) => !ok).length;
  // Without `fix` the list alone, as it was before there were mends.
  const lines = findings.map(({ mend: _, ...rest }) => rest);
  if (json) printJson(fix ? { findings: lines, changes } : lines);
  else {
    for (const { name, ok, text, action } of lines)
      print(`${ok ? (action ? '!' : '✓') : '✗'} ${name}: ${text}${action ? `\n    ${action}` : ''}`);
    print(bad === 0 ? '\nThe node can work.' : `\n${bad} of ${lines.length} need you.${hint(findings, fix)}`);
  }
  process.exitCode = bad === 0 ? 0 : 1;
}

function mend(findings: readonly Finding[], { options }: Invocation): Promise<readonly Outcome[]> {
  const say = (text: string) => void process.stderr.write(`${text}\n`);
  const faults = findings.flatMap(({ name, text, mend: one }) =>
    one ? [{ text: `${name}: ${text}`, mend: one }] : [],
  );
  return mendAll(faults, { yes: options.yes, cwd: process.cwd(), say });
}

function hint(findings: readonly Finding[], fixed: boolean): string {
  if (fixed || !findings.some(({ ok, mend: one }) => !ok && one?.run)) return '';
  return ' "doctor --fix" mends what mends itself, and asks before it uses root.';
}
