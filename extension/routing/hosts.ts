/**
 * Host names as routing sees them. The two matchers (this one and the text that `pac.ts` writes) must
 * agree on every host; tests hold them together. Must not resolve anything.
 */

export type RuleProblem = 'empty' | 'host_invalid' | 'wildcard_invalid' | 'regex_invalid' | 'regex_slow' | 'too_long';

const MAX_HOST = 253;
const MAX_REGEX = 200;
/** Most unbounded repeats: each multiplies the work by the length of the text (253 for a host, 2,048 for an address). */
const HOST_REPEATS = 3;
const URL_REPEATS = 2;
/** Of an address, no more than this is looked at. */
export const MAX_URL = 2_048;
const WILDCARD = /^[a-z0-9.*?_:-]+$/;

/** Lower case, without the brackets of an IPv6 literal and without the root's trailing dot. */
export function normaliseHost(host: string): string {
  let text = host.toLowerCase();
  if (text.startsWith('[') && text.endsWith(']')) text = text.slice(1, -1);
  return text.endsWith('.') ? text.slice(0, -1) : text;
}

/** A host from what a person typed: a URL, a bare name, an address. Null when it is none. */
export function parseHost(typed: string): string | null {
  const text = typed.trim();
  if (text === '' || /\s/.test(text)) return null;
  const bracketed = /^[0-9a-fA-F:]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*$/.test(text) ? `[${text}]` : text;
  let hostname: string;
  try {
    hostname = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(bracketed) ? bracketed : `http://${bracketed}`).hostname;
  } catch {
    return null;
  }
  const host = normaliseHost(hostname);
  if (host === '' || host.length > MAX_HOST || host.includes('*') || host.startsWith('.') || host.includes('..'))
    return null;
  return /^[a-z0-9._:-]+$/.test(host) ? host : null;
}

export function wildcardProblem(pattern: string): RuleProblem | null {
  if (pattern.length > MAX_HOST) return 'too_long';
  return WILDCARD.test(pattern) ? null : 'wildcard_invalid';
}

/**
 * A regular expression runs on every request, so one that can take exponential time is refused:
 * a repeated group that itself repeats, or that offers alternatives, or refers back.
 */
export function regexProblem(source: string): RuleProblem | null {
  return expressionProblem(source, HOST_REPEATS);
}

/** The same for an expression over whole addresses, which are longer. */
export function urlRegexProblem(source: string): RuleProblem | null {
  return expressionProblem(source, URL_REPEATS);
}

function expressionProblem(source: string, most: number): RuleProblem | null {
  if (source.length > MAX_REGEX) return 'too_long';
  try {
    new RegExp(source, 'i');
  } catch {
    return 'regex_invalid';
  }
  return repeatsARepeat(source, most) ? 'regex_slow' : null;
}

function repeatsARepeat(source: string, most: number): boolean {
  const groups: boolean[] = [];
  let repeats = 0;
  for (let i = 0; i < source.length; i++) {
    const char = source[i];
    if (char === '\\') {
      if (/[1-9k]/.test(source[i + 1] ?? '')) return true;
      i++;
    } else if (char === '[') {
      i = endOfClass(source, i);
      if (unbounded(source, i + 1)) {
        repeats++;
        if (groups.length > 0) groups[groups.length - 1] = true;
      }
    } else if (char === '(') groups.push(false);
    else if (char === '|' && groups.length > 0) groups[groups.length - 1] = true;
    else if (char === ')') {
      const risky = groups.pop() ?? false;
      if (risky && quantified(source, i + 1)) return true;
      if (groups.length > 0 && (risky || quantified(source, i + 1))) groups[groups.length - 1] = true;
    } else if (char === '*' || char === '+' || char === '{') {
      if (char !== '{' || unbounded(source, i)) repeats++;
      if (groups.length > 0) groups[groups.length - 1] = true;
    }
  }
  return repeats > most;
}

function quantified(source: string, at: number): boolean {
  return '*+{'.includes(source[at] ?? ' ');
}

function unbounded(source: string, at: number): boolean {
  return source[at] === '{' && /^\{\d+,\d{0,}\}/.test(source.slice(at));
}

function endOfClass(source: string, start: number): number {
  for (let i = start + 1; i < source.length; i++) {
    if (source[i] === '\\') i++;
    else if (source[i] === ']') return i;
  }
  return source.length;
}

/** `name` itself and everything under it. */
export function underDomain(host: string, name: string): boolean {
  return host === name || host.endsWith(`.${name}`);
}

/** `*` stands for any run of letters, `?` for one. Never backtracks over more than the last star. */
export function globMatches(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let mark = 0;
  while (t < text.length) {
    if (pattern[p] === '*') {
      star = p++;
      mark = t;
    } else if (pattern[p] === '?' || pattern[p] === text[t]) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++mark;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}

/**
 * A whole label that every host has which this wildcard fits, or null: the longest part of the pattern that stands
 * between dots (or its ends) and names no star. Patterns are found by it, instead of being tried one by one.
 */
export function labelOf(pattern: string): string | null {
  const labels = pattern.split('.').filter((part) => part !== '' && !/[*?]/.test(part));
  return labels.reduce<string | null>((best, part) => (part.length > (best?.length ?? 0) ? part : best), null);
}

/** Literals of RFC 1918, RFC 3927, RFC 4193 and RFC 4291 link-local, loopback, and names that never leave the site (RFC 6762, 8375, 6761). */
export function isLocal(host: string): boolean {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) return /^(127|10|169\.254|192\.168|172\.(1[6-9]|2\d|3[01]))\./.test(host);
  if (host.includes(':')) return /^(::1$|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:)/.test(host);
  return host === 'localhost' || /\.(local|localhost|home\.arpa)$/.test(host);
}
