/**
 * Up to four labs share two cores. What fails there is asked once more with the machine to itself: a fault fails again,
 * a test that waited for a processor passes. Both are said, and the log of the first is kept.
 */
import type { Again, Outcome, Suite } from './suite.ts';

export interface Unsteady {
  readonly outcome: Outcome;
  readonly again: Again;
}

/** What of these to ask once more, in the order in which it ran. */
export function unsteady(outcomes: readonly Outcome[], suites: Readonly<Record<string, Suite>>): Unsteady[] {
  return outcomes.flatMap((outcome) => {
    const again = outcome.failed > 0 ? suites[outcome.suite]?.again?.(reportOf(outcome)) : null;
    return again ? [{ outcome, again }] : [];
  });
}

/** One outcome of both: of what ran twice the second counts. */
export function merged({ outcome, again }: Unsteady, second: Outcome): Outcome {
  return {
    ...outcome,
    passed: outcome.passed - again.passed + second.passed,
    failed: second.failed,
    skipped: second.skipped,
    why: second.why,
    ms: outcome.ms + second.ms,
  };
}

const reportOf = ({ log }: Outcome): string => log.replace(/\.log$/, '.json');
