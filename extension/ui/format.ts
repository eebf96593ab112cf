/** Numbers and names as people read them, in the browser's language. */
import * as figures from '../../shared/ui/figures.ts';
import { language, t } from './i18n.ts';

export function countryName(code: string): string {
  return figures.countryName(code, language());
}

/** "Kassel, Germany": a place in its country. */
export function placeText(place: string, country: string): string {
  return t('placeIn', place, countryName(country));
}

/** An amount that was written with a point and the digits 0 to 9, with the signs of the browser's language. */
export function localAmount(text: string): string {
  return figures.localAmount(text, language());
}

export function decimal(value: number): string {
  return value.toLocaleString(language(), { maximumFractionDigits: 1 });
}

/** SI units: a megabyte is the 1,000,000 bytes that one price unit counts. */
export function bytes(count: number): string {
  return figures.bytes(count, language());
}

/** Bits a second, as connections are sold. */
export function speed(bytesPerSecond: number): { value: string; unit: string } {
  return figures.speed(bytesPerSecond, language());
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

function units(value: number, unit: string): string {
  return value.toLocaleString(language(), { style: 'unit', unit, unitDisplay: 'long', maximumFractionDigits: 0 });
}

/** A length of time in its two largest units. */
export function duration(ms: number): string {
  return figures.duration(ms, language());
}

/** How old something is, in its largest unit. */
export function age(ms: number): string {
  const days = Math.max(0, Math.floor(ms / 86_400_000));
  if (days === 0) return t('ageToday');
  if (days < 60) return units(days, 'day');
  return days < 730 ? units(Math.floor(days / 30.44), 'month') : units(Math.floor(days / 365.25), 'year');
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
