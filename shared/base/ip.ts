/**
 * IP addresses as bytes and as canonical text (RFC 5952), with the special ranges that traversal and
 * the proxy must tell apart (IANA special-purpose registries, RFC 6890). Works without node:net.
 */

const DOT = 0x2e;
const ZERO = 0x30;

/** 4 or 16 bytes; null when the text is no literal address. A zone (`%eth0`) is not accepted. */
export function parseIp(text: string): Uint8Array | null {
  if (text.length > 45) return null;
  return text.includes(':') ? parse6(text) : parse4(text);
}

/** Lower case, zeros compressed; IPv4-mapped IPv6 stays IPv6. @throws RangeError on another length. */
export function formatIp(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) throw new RangeError('an IP address has 4 or 16 bytes');
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] as number) << 8) | (bytes[2 * i + 1] as number));
  const { start, length } = longestZeroRun(groups);
  const text = (from: number, to: number) =>
    groups
      .slice(from, to)
      .map((g) => g.toString(16))
      .join(':');
  return length < 2 ? text(0, 8) : `${text(0, start)}::${text(start + length, 8)}`;
}

/** The one spelling of an address; null when it is none. */
export function canonicalIp(text: string): string | null {
  const bytes = parseIp(text);
  // IPv4 has one spelling, and another is not read.
  return bytes && (bytes.length === 4 ? text : formatIp(bytes));
}

/** RFC 1918, RFC 6598 (carrier NAT), RFC 3927 link-local; RFC 4193 ULA, fe80::/10. Not reachable from afar. */
export function isPrivateIp(text: string): boolean {
  const b = parseIp(text);
  if (!b) return false;
  const [first, second] = b as unknown as [number, number];
  if (b.length === 16) return (first & 0xfe) === 0xfc || isLinkLocal6(b);
  if (first === 10 || (first === 192 && second === 168) || (first === 169 && second === 254)) return true;
  return (first === 172 && second >= 16 && second < 32) || (first === 100 && second >= 64 && second < 128);
}

/** Nothing a peer may make us send to: unspecified, loopback, multicast, broadcast, IPv4-mapped, fe80::/10. */
export function isUnusableIp(text: string): boolean {
  const b = parseIp(text);
  if (!b) return true;
  const first = b[0] as number;
  if (b.length === 4) return first === 0 || first === 127 || first >= 224;
  return first === 0 || first === 0xff || isLinkLocal6(b);
}

function isLinkLocal6(b: Uint8Array): boolean {
  return b[0] === 0xfe && ((b[1] as number) & 0xc0) === 0x80;
}

/** By hand: each packet of a node's clients has an address. */
function parse4(text: string): Uint8Array | null {
  const bytes = new Uint8Array(4);
  let part = 0;
  let value = -1;
  for (let i = 0; i <= text.length; i++) {
    const digit = text.charCodeAt(i) - ZERO;
    if (i === text.length || digit === DOT - ZERO) {
      if (value < 0 || part > 3) return null;
      bytes[part++] = value;
      value = -1;
    } else {
      // No sign, no space, no zero in front, and no more than a byte.
      if (!(digit >= 0 && digit <= 9) || value === 0) return null;
      value = Math.max(value, 0) * 10 + digit;
      if (value > 255) return null;
    }
  }
  return part === 4 ? bytes : null;
}

function parse6(text: string): Uint8Array | null {
  let head = text;
  const tail: number[] = [];
  // The last 32 bits may be written as an IPv4 address (RFC 4291 §2.2).
  const dotted = text.lastIndexOf(':') + 1;
  if (text.includes('.')) {
    const v4 = parse4(text.slice(dotted));
    if (!v4) return null;
    tail.push(((v4[0] as number) << 8) | (v4[1] as number), ((v4[2] as number) << 8) | (v4[3] as number));
    head = text.slice(0, dotted);
    head = head.endsWith('::') ? head : head.slice(0, -1);
  }
  const halves = head.split('::');
  if (halves.length > 2) return null;
  const left = groupsOf(halves[0] as string);
  const right = halves.length === 2 ? groupsOf(halves[1] as string) : [];
  if (!left || !right) return null;
  const given = left.length + right.length + tail.length;
  if (halves.length === 2 ? given > 7 : given !== 8) return null;
  const groups = [...left, ...new Array<number>(8 - given).fill(0), ...right, ...tail];
  return Uint8Array.from(groups.flatMap((g) => [g >> 8, g & 255]));
}

function groupsOf(text: string): number[] | null {
  if (text === '') return [];
  const parts = text.split(':');
  return parts.every((p) => /^[0-9a-fA-F]{1,4}$/.test(p)) ? parts.map((p) => Number.parseInt(p, 16)) : null;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let i = 0; i < groups.length; i++) {
    let end = i;
    while (end < groups.length && groups[end] === 0) end++;
    if (end - i > best.length) best = { start: i, length: end - i };
    i = Math.max(i, end - 1);
  }
  return best;
}
