/**
 * SwitchyOmega's and ZeroOmega's backup: `{ "+name": { profileType, rules: [{ condition, profileName }] } }`.
 * The switch profile that was in use is read, with the rule lists that it holds; a profile's rules that
 * lead to another switch profile are taken as leading to a proxy of that name.
 */
import * as v from 'valibot';
import { Collector, type Imported } from './imported.ts';
import { addList } from './list.ts';
import { type Converted, fromHostRegex, fromHostWildcard, fromUrlRegex, fromUrlWildcard } from './patterns.ts';

const Text = v.pipe(v.string(), v.maxLength(4_000));
const OmegaRule = v.object({
  condition: v.object({ conditionType: Text, pattern: v.fallback(Text, '') }),
  profileName: Text,
  note: v.fallback(Text, ''),
});
const SwitchProfile = v.object({
  profileType: v.literal('SwitchProfile'),
  name: Text,
  rules: v.fallback(v.array(v.fallback(v.nullable(OmegaRule), null)), []),
  defaultProfileName: v.fallback(Text, 'direct'),
});
const ListProfile = v.object({
  profileType: v.literal('RuleListProfile'),
  name: Text,
  matchProfileName: v.fallback(Text, 'proxy'),
  ruleList: v.fallback(v.string(), ''),
});

/** Null when this is no such backup. */
export function fromOmega(json: unknown, canUrl: boolean): Imported | null {
  if (typeof json !== 'object' || json === null) return null;
  const profiles = Object.entries(json).flatMap(([key, value]) => (key.startsWith('+') ? [value as unknown] : []));
  const switches = profiles.flatMap((value) => parsed(SwitchProfile, value));
  const lists = profiles.flatMap((value) => parsed(ListProfile, value));
  const startup = '-startupProfileName' in json ? json['-startupProfileName'] : undefined;
  const used = switches.find(({ name }) => name === startup) ?? switches[0];
  if (!used && lists.length === 0) return null;
  const collector = new Collector();
  for (const rule of used?.rules ?? []) {
    if (rule === null) continue;
    // "a | b" is two patterns.
    const { conditionType, pattern } = rule.condition;
    const parts = conditionType === 'HostWildcardCondition' ? pattern.split('|') : [pattern];
    for (const part of parts) {
      const found = convert(conditionType, part, canUrl);
      if (typeof found === 'string') collector.skip(`${conditionType} ${part}`, found);
      else {
        const rest = rule.note ? { comment: rule.note } : {};
        const { profileName: profile } = rule;
        collector.add({ profile, match: found, enabled: true, ...rest }, profile === 'direct');
      }
    }
  }
  const attached = lists.filter(
    ({ name }) => !used || used.defaultProfileName === name || name.startsWith('__ruleListOf_'),
  );
  for (const { matchProfileName, ruleList } of attached) addList(collector, ruleList, matchProfileName, canUrl);
  return collector.done('omega');
}

function convert(type: string, pattern: string, canUrl: boolean): Converted {
  switch (type) {
    case 'HostWildcardCondition':
    case 'BypassCondition':
      return fromHostWildcard(pattern);
    case 'HostRegexCondition':
      return fromHostRegex(pattern);
    case 'UrlWildcardCondition':
      return fromUrlWildcard(pattern);
    case 'UrlRegexCondition':
      return fromUrlRegex(pattern, canUrl);
    default:
      return 'condition';
  }
}

function parsed<S extends v.GenericSchema>(schema: S, value: unknown): v.InferOutput<S>[] {
  const result = v.safeParse(schema, value);
  return result.success ? [result.output] : [];
}
