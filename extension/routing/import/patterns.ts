/** Patterns of other programs as ours. Each answers with a match, or with why there is none. */
import { type Match, type MatchKind, parseMatch } from '../rules.ts';
import type { SkipReason } from './imported.ts';

/** `canUrl`: this browser shows whole addresses to the rules (Firefox). */
export type Converted = Match | SkipReason;

/** FoxyProxy's and Omega's wildcards over addresses, and match patterns: `*://*.example.com/*`, `*.example.com`. */
export function fromUrlWildcard(pattern: string): Converted {
  const text = pattern.trim();
  if (/^(\*|<all_urls>|\*:\/\/\*(\/\*?)?)$/.test(text)) return 'everything';
  const parts = /^(?:(?:\*|https?\*?|wss?)(?::\/\/))?([^/]+)(\/.*)?$/i.exec(text);
  const [, host = '', path = ''] = parts ?? [];
  if (!parts || !/^(\/\*?)?$/.test(path)) return parts ? 'address' : 'pattern';
  return fromHostWildcard(host);
}

/** `*.example.com` and `.example.com` mean the name too; `**.example.com` only what is under it. */
export function fromHostWildcard(pattern: string): Converted {
  const text = pattern
    .trim()
    .toLowerCase()
    .replace(/:\*$|:\d+$/, '');
  if (text === '*') return 'everything';
  if (text.startsWith('**.')) return match('wildcard', text.slice(1));
  const domain = /^(?:\*?\.)([^*?]+)$/.exec(text)?.[1];
  if (domain !== undefined) return match('domain', domain);
  // `*example.com` is what people write for the name and everything under it.
  return match(/[*?]/.test(text) ? 'wildcard' : 'host', text);
}

export function fromHostRegex(source: string): Converted {
  return match('regex', source);
}

export function fromUrlRegex(source: string, canUrl: boolean): Converted {
  return canUrl ? match('url', source) : 'address';
}

/** One name of a plain list: a domain with all that is under it. */
export function fromDomain(text: string): Converted {
  return match('domain', text);
}

function match(kind: MatchKind, text: string): Converted {
  const parsed = parseMatch(kind, text);
  return typeof parsed === 'string' ? 'pattern' : parsed;
}
