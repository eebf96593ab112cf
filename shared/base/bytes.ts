/** Byte helpers that work in Node and in the browser alike. */

export type Hex = `0x${string}`;

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Constant-time in the length of the inputs; lengths themselves are not secret. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] as number);
  return difference === 0;
}

const DIGITS: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

export function toHex(bytes: Uint8Array): Hex {
  let out = '0x';
  for (const byte of bytes) out += DIGITS[byte];
  return out as Hex;
}

/** @throws RangeError when the text is not an even number of hex digits (with or without 0x). */
export function fromHex(text: string): Uint8Array {
  const start = text.startsWith('0x') ? 2 : 0;
  const length = (text.length - start) / 2;
  if (!Number.isInteger(length)) throw new RangeError('not a hex string');
  const out = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    const at = start + 2 * i;
    out[i] = (digit(text.charCodeAt(at)) << 4) | digit(text.charCodeAt(at + 1));
  }
  return out;
}

/** Value of one hex digit by its character code. By hand: proofs are decoded thousands of times a second. */
function digit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 0x20;
  if (lower >= 97 && lower <= 102) return lower - 87;
  throw new RangeError('not a hex string');
}

export function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** @throws RangeError when the text is not base64. */
export function fromBase64(text: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  } catch (cause) {
    throw new RangeError('not base64', { cause });
  }
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
