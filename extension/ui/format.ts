/** Numbers and names as people read them, in the browser's language. */
import { language, t } from './i18n.ts';

export function countryName(code: string): string {
  try {
    return new Intl.DisplayNames([language()], { type: 'region' }).of(code) ?? code;
  } catch {
    return code;
  }
}

/** An amount that was written with a point and the digits 0 to 9, with the signs of the browser's language. */
export function localAmount(text: string): string {
  const [zero = '0', point = '.'] = (0.5).toLocaleString(language());
  const first = zero.charCodeAt(0);
  return text.replace('.', point).replace(/[0-9]/g, (digit) => String.fromCharCode(first + Number(digit)));
}

export function decimal(value: number): string {
  return value.toLocaleString(language(), { maximumFractionDigits: 1 });
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** SI units: a megabyte is the 1,000,000 bytes that one price unit counts. */
export function bytes(count: number): string {
  let value = count;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toLocaleString(language(), { maximumFractionDigits: digits })} ${UNITS[unit]}`;
}

/** Bits a second, as connections are sold. */
export function speed(bytesPerSecond: number): { value: string; unit: string } {
  let bits = bytesPerSecond * 8;
  let unit = 0;
  while (bits >= 1000 && unit < 3) {
    bits /= 1000;
    unit++;
  }
  const digits = unit === 0 || bits >= 100 ? 0 : 1;
  const units = ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s'];
  return { value: bits.toLocaleString(language(), { maximumFractionDigits: digits }), unit: units[unit] as string };
}

export function millis(ms: number | null): string {
  return ms === null ? '–' : `${Math.round(ms).toLocaleString(language())} ms`;
}

export function shortAddress(address: string): string {
  return `${address.slice(0, 8)}…${address.slice(-6)}`;
}

export function when(at: number, now: number): string {
  const minutes = Math.round((now - at) / 60_000);
  if (minutes < 1) return t('timeNow');
  const relative = new Intl.RelativeTimeFormat(language(), { numeric: 'auto', style: 'short' });
  if (minutes < 60) return relative.format(-minutes, 'minute');
  if (minutes < 60 * 24) return relative.format(-Math.round(minutes / 60), 'hour');
  return new Date(at).toLocaleDateString(language(), { day: 'numeric', month: 'short' });
}

export function hours(minutes: number): string {
  return t('hours', decimal(minutes / 60));
}

/** Time of day of an epoch-ms moment. */
export function clock(at: number): string {
  return new Date(at).toLocaleTimeString(language(), { hour: 'numeric', minute: '2-digit' });
}

function units(value: number, unit: string, display: 'short' | 'long' = 'short'): string {
  return value.toLocaleString(language(), { style: 'unit', unit, unitDisplay: display, maximumFractionDigits: 0 });
}

/** A length of time in its two largest units. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (minutes === 0) return units(seconds, 'second');
  if (hours === 0) return units(minutes, 'minute');
  if (hours < 24) return `${units(hours, 'hour')} ${units(minutes % 60, 'minute')}`;
  return `${units(Math.floor(hours / 24), 'day')} ${units(hours % 24, 'hour')}`;
}

/** How old something is, in its largest unit. */
export function age(ms: number): string {
  const days = Math.max(0, Math.floor(ms / 86_400_000));
  if (days === 0) return t('ageToday');
  if (days < 60) return units(days, 'day', 'long');
  return days < 730
    ? units(Math.floor(days / 30.44), 'month', 'long')
    : units(Math.floor(days / 365.25), 'year', 'long');
}

/** The date of an epoch-ms moment. */
export function date(at: number): string {
  return new Date(at).toLocaleDateString(language(), { year: 'numeric', month: 'short', day: 'numeric' });
}

/** The date of a day since 1970, whatever the time zone. */
export function dayDate(day: number): string {
  const at = new Date(day * 86_400_000);
  return at.toLocaleDateString(language(), { year: 'numeric', month: 'short', day: 'numeric', timeZone: 'UTC' });
}

/** "42 Mbit/s" */
export function speedText(bytesPerSecond: number): string {
  const { value, unit } = speed(bytesPerSecond);
  return `${value} ${unit}`;
}
