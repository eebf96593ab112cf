/** The table as it was before each of the last changes: bounded in steps, and in what they hold. Pure. */
import type { RouteTable } from './rules.ts';

export const MAX_STEPS = 20;
/** Of all steps together: with ten thousand rules there are fewer steps, not a hundred megabytes. */
export const MAX_KEPT_RULES = 50_000;

/** Oldest first. */
export type Steps = readonly RouteTable[];

/** With one more. Where that is too much the oldest go; the newest stays, whatever it holds. */
export function withStep(steps: Steps, before: RouteTable): Steps {
  const kept = [before];
  let rules = before.rules.length;
  for (const older of steps.toReversed()) {
    rules += older.rules.length;
    if (kept.length === MAX_STEPS || rules > MAX_KEPT_RULES) break;
    kept.unshift(older);
  }
  return kept;
}
