/** Amounts as people read them. Everything is bigint wei; no float ever touches money. */

export { formatAmount } from '../../shared/ui/amounts.ts';

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
