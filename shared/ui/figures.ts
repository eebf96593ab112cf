/** Numbers as people read them, in a language that the caller names (BCP 47). */

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** SI units: a megabyte is the 1,000,000 bytes that one price unit counts. */
export function bytes(count: number, language: string): string {
  let value = count;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toLocaleString(language, { maximumFractionDigits: digits })} ${UNITS[unit]}`;
}

/** Bits a second, as connections are sold. */
export function speed(bytesPerSecond: number, language: string): { value: string; unit: string } {
  let bits = bytesPerSecond * 8;
  let unit = 0;
  while (bits >= 1000 && unit < 3) {
    bits /= 1000;
    unit++;
  }
  const digits = unit === 0 || bits >= 100 ? 0 : 1;
  const units = ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s'];
  return { value: bits.toLocaleString(language, { maximumFractionDigits: digits }), unit: units[unit] as string };
}

/** A length of time in its two largest units. */
export function duration(ms: number, language: string): string {
  const units = (value: number, unit: string) =>
    value.toLocaleString(language, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: 0 });
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (minutes === 0) return units(seconds, 'second');
  if (hours === 0) return units(minutes, 'minute');
  if (hours < 24) return `${units(hours, 'hour')} ${units(minutes % 60, 'minute')}`;
  return `${units(Math.floor(hours / 24), 'day')} ${units(hours % 24, 'hour')}`;
}

/** An amount that was written with a point and the digits 0 to 9, with the signs of the language. */
export function localAmount(text: string, language: string): string {
  const [zero = '0', point = '.'] = (0.5).toLocaleString(language);
  const first = zero.charCodeAt(0);
  return text.replace('.', point).replace(/[0-9]/g, (digit) => String.fromCharCode(first + Number(digit)));
}

/** By language: to make one takes longer than to ask it a hundred times. */
const regions = new Map<string, Intl.DisplayNames>();

export function countryName(code: string, language: string): string {
  try {
    const names = regions.get(language) ?? new Intl.DisplayNames([language], { type: 'region' });
    regions.set(language, names);
    return names.of(code) ?? code;
  } catch {
    return code;
  }
}
