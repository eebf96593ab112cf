/**
 * Lists as text, one entry a line: plain names, hosts files, Omega's conditions ("*.example.com +proxy")
 * and AutoProxy's ("||example.com", "@@" for exceptions), also base64 as AutoProxy lists are published.
 */
import { Collector, type Imported, type SkipReason } from './imported.ts';
import {
  type Converted,
  fromDomain,
  fromHostRegex,
  fromHostWildcard,
  fromUrlRegex,
  fromUrlWildcard,
} from './patterns.ts';

const DEFAULT_PROFILE = 'list';
const MAX_LINES = 200_000;

export function fromList(text: string, canUrl: boolean): Imported {
  const collector = new Collector();
  addList(collector, text, DEFAULT_PROFILE, canUrl);
  return collector.done('list');
}

/** Adds every usable line; what leads elsewhere names its profile in the line. */
export function addList(collector: Collector, raw: string, profile: string, canUrl: boolean): void {
  const text = decoded(raw);
  const autoProxy = /^\s*\[AutoProxy/i.test(text) || /^(@@)?\|\|/m.test(text);
  for (const line of text.split(/\r?\n/, MAX_LINES)) {
    const entry = line.trim();
    if (entry === '' || /^(\[|#|;|\/\/|!$|! )/.test(entry) || (autoProxy && entry.startsWith('!'))) continue;
    if (autoProxy) keep(collector, entry, fromAutoProxy(entry, canUrl), entry.startsWith('@@') ? 'direct' : profile);
    else {
      const { condition, to } = withResult(entry);
      keep(collector, entry, fromCondition(condition, canUrl), to ?? profile);
    }
  }
}

function keep(collector: Collector, line: string, found: Converted, profile: string): void {
  if (typeof found === 'string') collector.skip(line, found satisfies SkipReason);
  else collector.add({ profile, match: found, enabled: true }, profile === 'direct');
}

/** "*.example.com +work": where the line itself says where it leads. */
function withResult(line: string): { readonly condition: string; readonly to: string | null } {
  const found = /^(.*\S)\s+\+(\S.*)$/.exec(line);
  return found ? { condition: found[1] as string, to: found[2] as string } : { condition: line, to: null };
}

function fromCondition(line: string, canUrl: boolean): Converted {
  if (line.startsWith('!')) return 'exception';
  const [, type = '', rest = ''] = /^([A-Za-z]+):\s*(.*)$/.exec(line) ?? [];
  switch (type.toLowerCase()) {
    case 'hostwildcard':
    case 'h':
    case 'wildcard':
      return fromHostWildcard(rest);
    case 'hostregex':
    case 'hr':
      return fromHostRegex(rest);
    case 'urlwildcard':
    case 'u':
    case 'uw':
      return fromUrlWildcard(rest);
    case 'urlregex':
    case 'ur':
    case 'regex':
      return fromUrlRegex(rest, canUrl);
    case 'http':
    case 'https':
      return fromDomain(line);
    case '':
      break;
    default:
      return 'condition';
  }
  const hostsFile = /^(?:0\.0\.0\.0|127\.0\.0\.1|::1?)\s+(\S+)/.exec(line)?.[1];
  const name = (hostsFile ?? line).replace(/\s+#.*$/, '');
  if (/[*?]/.test(name)) return fromHostWildcard(name);
  return fromDomain(name);
}

function fromAutoProxy(line: string, canUrl: boolean): Converted {
  const entry = line.replace(/^@@/, '');
  const expression = /^\/(.+)\/$/.exec(entry)?.[1];
  if (expression !== undefined) return fromUrlRegex(expression, canUrl);
  if (entry.startsWith('||')) return fromDomain(entry.slice(2).replace(/[\^/].*$/, ''));
  if (entry.startsWith('|')) return fromUrlWildcard(entry.slice(1).replace(/\/?$/, ''));
  // A bare name means any address that holds it: for a name that is the domain.
  return entry.includes('/') ? 'address' : fromDomain(entry.replace(/^\./, '').replace(/\^$/, ''));
}

function decoded(text: string): string {
  const compact = text.replace(/\s+/g, '');
  if (compact.length < 16 || !/^[A-Za-z0-9+/]+={0,2}$/.test(compact)) return text;
  try {
    const plain = atob(compact);
    return /^[\t\n\r -~]*$/.test(plain) ? plain : text;
  } catch {
    return text;
  }
}
