/** How long an end stays on one UDP port. */
import type { Ms } from '../../base/units.ts';

export interface Interval {
  readonly min: Ms;
  readonly max: Ms;
}

export const DEFAULT_INTERVAL: Interval = { min: 300_000, max: 900_000 };

/** "300-900", in seconds; null when it is none, or shorter than a tenth of a second. */
export function parseInterval(text: string): Interval | null {
  const [, min, max] = /^(\d{1,6}(?:\.\d{1,3})?)-(\d{1,6}(?:\.\d{1,3})?)$/.exec(text) ?? [];
  if (min === undefined || max === undefined) return null;
  const interval = { min: Number(min) * 1000, max: Number(max) * 1000 };
  return interval.min >= 100 && interval.max >= interval.min ? interval : null;
}
