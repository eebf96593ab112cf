/** Amounts as people read them. Everything is bigint wei; no float ever touches money. */

const MAX_PLACES = 8;

/**
 * `digits` places after the point at most (a few more for small amounts); rounded down, so that we never
 * show more than there is. A leading "<" stands where all shown digits would be zero.
 */
export function formatAmount(wei: bigint, decimals: number, digits = 6): string {
  if (wei < 0n) return `−${formatAmount(-wei, decimals, digits)}`;
  const unit = 10n ** BigInt(decimals);
  const whole = wei / unit;
  const all = (wei % unit).toString().padStart(decimals, '0');
  // Below one, two figures that mean something are worth more places than asked for.
  const places = whole === 0n ? Math.max(digits, Math.min(leadingZeros(all) + 2, MAX_PLACES)) : digits;
  const fraction = all.slice(0, places);
  const trimmed = fraction.replace(/0+$/, '');
  if (wei > 0n && whole === 0n && trimmed === '') return `<0.${'0'.repeat(Math.max(0, places - 1))}1`;
  return trimmed === '' ? group(whole) : `${group(whole)}.${trimmed}`;
}

function leadingZeros(text: string): number {
  return /^0*/.exec(text)?.[0].length ?? 0;
}

function group(whole: bigint): string {
  return whole.toString().replace(/\B(?=(\d{3})+$)/g, ' ');
}
