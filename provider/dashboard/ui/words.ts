/** Figures in the browser's language; amounts in the network's token. */
import { formatAmount } from '../../../shared/ui/amounts.ts';
import * as figures from '../../../shared/ui/figures.ts';
import type { Status } from '../status.ts';

const language = navigator.language || 'en';

export const bytes = (count: number) => figures.bytes(count, language);
export const duration = (ms: number) => figures.duration(ms, language);
export const countryName = (code: string) => figures.countryName(code, language);

/** "42 Mbit/s" */
export function speed(bytesPerSecond: number): string {
  const { value, unit } = figures.speed(bytesPerSecond, language);
  return `${value} ${unit}`;
}

export function tokens(wei: string | bigint, { tokenDecimals, tokenSymbol }: Status['network'], digits = 4): string {
  return `${figures.localAmount(formatAmount(BigInt(wei), tokenDecimals, digits), language)} ${tokenSymbol}`;
}

export function moment(at: number): string {
  return new Date(at).toLocaleString(language, { day: 'numeric', month: 'short', hour: 'numeric', minute: '2-digit' });
}

/** Of a day that is written as YYYY-MM-DD, whatever the time zone. */
export function dayName(day: string): string {
  return new Date(`${day}T00:00:00Z`).toLocaleDateString(language, { day: 'numeric', month: 'short', timeZone: 'UTC' });
}

export function plural(count: number, one: string, many: string): string {
  return `${count.toLocaleString(language)} ${count === 1 ? one : many}`;
}
