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

/** The exact number, for input fields: no grouping, no rounding. */
export function exactAmount(wei: bigint, decimals: number): string {
  const unit = 10n ** BigInt(decimals);
  const fraction = (wei % unit).toString().padStart(decimals, '0').replace(/0+$/, '');
  return decimals === 0 || fraction === '' ? String(wei / unit) : `${wei / unit}.${fraction}`;
}

/** @returns null when the text is no plain decimal number, or has more places than the token. */
export function parseAmount(text: string, decimals: number): bigint | null {
  const match = /^(\d{1,30})(?:[.,](\d{0,36}))?$/.exec(latin(text.trim()));
  if (!match) return null;
  const fraction = match[2] ?? '';
  if (fraction.length > decimals) return null;
  return BigInt(match[1] as string) * 10n ** BigInt(decimals) + BigInt(fraction.padEnd(decimals, '0') || '0');
}

/** wei an hour at so many bytes a second; rates are measurements, so the number is rounded up. */
export function perHour(pricePerMB: bigint, bytesPerSecond: number): bigint {
  const bytesAnHour = BigInt(Math.max(0, Math.ceil(bytesPerSecond))) * 3600n;
  return (bytesAnHour * pricePerMB + 999_999n) / 1_000_000n;
}

/** Persian and Arabic keyboards write digits, and a decimal sign, of their own. */
function latin(text: string): string {
  return text
    .replace(/[\u0660-\u0669\u06f0-\u06f9]/g, (digit) => String(digit.charCodeAt(0) & 15))
    .replace('\u066b', '.');
}

function leadingZeros(text: string): number {
  return /^0*/.exec(text)?.[0].length ?? 0;
}

function group(whole: bigint): string {
  return whole.toString().replace(/\B(?=(\d{3})+$)/g, ' ');
}
