/** Amounts as people read them. Everything is bigint wei; no float ever touches money. */

/**
 * `digits` significant places after the point at most; rounded down, so that we never show more than
 * there is. `exact` when it was cut shows as a leading "<" only where all digits would be zero.
 */
export function formatAmount(wei: bigint, decimals: number, digits = 6): string {
  if (wei < 0n) return `−${formatAmount(-wei, decimals, digits)}`;
  const unit = 10n ** BigInt(decimals);
  const whole = wei / unit;
  const fraction = (wei % unit).toString().padStart(decimals, '0').slice(0, Math.min(digits, decimals));
  const trimmed = fraction.replace(/0+$/, '');
  if (wei > 0n && whole === 0n && trimmed === '') return `<0.${'0'.repeat(Math.max(0, digits - 1))}1`;
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
  const match = /^(\d{1,20})(?:[.,](\d{0,36}))?$/.exec(text.trim());
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

function group(whole: bigint): string {
  return whole.toString().replace(/\B(?=(\d{3})+$)/g, ' ');
}
