/**
 * FoxyProxy's exported settings: `{ data: [{ title, type, active, include, exclude }] }` since version 8,
 * before that one object per proxy with `whitePatterns`. Credentials in the file are not looked at.
 */
import * as v from 'valibot';
import { Collector, type Imported } from './imported.ts';
import { type Converted, fromHostWildcard, fromUrlRegex, fromUrlWildcard } from './patterns.ts';

const Text = v.pipe(v.string(), v.maxLength(4_000));
const Flag = v.fallback(
  v.union([
    v.boolean(),
    v.pipe(
      v.string(),
      v.transform((text) => text === 'true'),
    ),
  ]),
  true,
);
const Pattern = v.object({
  /** 7.x and older: 1 wildcard, 2 regular expression. */
  type: v.fallback(v.union([v.picklist(['wildcard', 'regex', 'match']), v.picklist([1, 2])]), 'wildcard'),
  pattern: Text,
  title: v.fallback(Text, ''),
  active: Flag,
});
const Patterns = v.fallback(v.array(Pattern), []);
const ProxyEntry = v.object({
  title: v.fallback(Text, ''),
  type: v.fallback(v.union([v.string(), v.number()]), ''),
  active: Flag,
  hostname: v.fallback(Text, ''),
  include: Patterns,
  exclude: Patterns,
});
const New = v.object({ data: v.array(ProxyEntry) });
const Old = v.object({
  title: v.fallback(Text, ''),
  type: v.fallback(v.number(), 0),
  active: Flag,
  address: v.fallback(Text, ''),
  index: v.fallback(v.number(), 0),
  whitePatterns: Patterns,
  blackPatterns: Patterns,
});
type ProxyEntry = v.InferOutput<typeof ProxyEntry>;

/** Null when this is no such export. */
export function fromFoxyProxy(json: unknown, canUrl: boolean): Imported | null {
  const proxies = entries(json);
  if (proxies === null) return null;
  const collector = new Collector();
  for (const [at, proxy] of proxies.entries()) {
    const direct = proxy.type === 'direct' || proxy.type === 5;
    const profile = proxy.title || proxy.hostname || `${at + 1}`;
    for (const pattern of proxy.include) {
      const found = convert(pattern, canUrl);
      if (typeof found === 'string') collector.skip(pattern.pattern, found);
      else {
        const enabled = proxy.active && pattern.active;
        collector.add({ profile, match: found, enabled, ...(pattern.title ? { comment: pattern.title } : {}) }, direct);
      }
    }
    for (const { pattern } of proxy.exclude) collector.skip(pattern, 'exception');
  }
  return collector.done('foxyproxy');
}

function entries(json: unknown): readonly ProxyEntry[] | null {
  const now = v.safeParse(New, json);
  if (now.success) return now.output.data;
  if (typeof json !== 'object' || json === null) return null;
  const old = Object.values(json)
    .filter((value) => typeof value === 'object' && value !== null && 'whitePatterns' in value)
    .flatMap((value) => {
      const parsed = v.safeParse(Old, value);
      return parsed.success ? [parsed.output] : [];
    });
  if (old.length === 0) return null;
  return old
    .sort((a, b) => a.index - b.index)
    .map(({ title, type, active, address, whitePatterns, blackPatterns }) => ({
      title,
      type,
      active,
      hostname: address,
      include: whitePatterns,
      exclude: blackPatterns,
    }));
}

function convert({ type, pattern }: v.InferOutput<typeof Pattern>, canUrl: boolean): Converted {
  if (type === 'regex' || type === 2) return fromUrlRegex(pattern, canUrl);
  return type === 1 ? fromHostWildcard(pattern) : fromUrlWildcard(pattern);
}
