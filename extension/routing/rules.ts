/**
 * The routing rules as the user writes them: an ordered list, the first match wins, and a last line
 * for everything else. Data and its border only; `match.ts` decides, `pac.ts` and `firefox.ts` apply.
 */
import * as v from 'valibot';
import { CountrySchema, DidSchema } from '../../shared/wire/schema.ts';
import { parseHost, type RuleProblem, regexProblem, wildcardProblem } from './hosts.ts';

export const MAX_RULES = 1000;
/** The host takes at most this many exits (IntentSchema). */
export const MAX_EXITS = 32;

export const MATCH_KINDS = ['domain', 'host', 'wildcard', 'regex'] as const;
export type MatchKind = (typeof MATCH_KINDS)[number];

/** `text` is stored normalised: lower case, punycode, no trailing dot. */
export const MatchSchema = v.object({
  kind: v.picklist(MATCH_KINDS),
  text: v.pipe(v.string(), v.minLength(1), v.maxLength(253)),
});
export type Match = v.InferOutput<typeof MatchSchema>;

export const NodeRefSchema = v.object({
  kind: v.literal('node'),
  did: DidSchema,
  country: CountrySchema,
  /** City or network, for people; never used to decide. */
  label: v.optional(v.pipe(v.string(), v.maxLength(120))),
});
export const CountryRefSchema = v.object({ kind: v.literal('country'), country: CountrySchema });

/** What `default` means: a node, any node of a country, or any node. */
export const ExitRefSchema = v.variant('kind', [NodeRefSchema, CountryRefSchema, v.object({ kind: v.literal('any') })]);
export type ExitRef = v.InferOutput<typeof ExitRefSchema>;

export const ActionSchema = v.variant('kind', [
  v.object({ kind: v.literal('direct') }),
  v.object({ kind: v.literal('default') }),
  v.object({ kind: v.literal('block') }),
  CountryRefSchema,
  NodeRefSchema,
]);
export type Action = v.InferOutput<typeof ActionSchema>;

export const RuleSchema = v.object({
  id: v.pipe(v.string(), v.minLength(1), v.maxLength(40)),
  enabled: v.boolean(),
  match: v.pipe(
    MatchSchema,
    v.check((match) => matchProblem(match) === null, 'not a usable pattern'),
  ),
  action: ActionSchema,
});
export type Rule = v.InferOutput<typeof RuleSchema>;

export const RouteTableSchema = v.object({
  rules: v.pipe(v.array(RuleSchema), v.maxLength(MAX_RULES)),
  /** Everything that no rule names. */
  otherwise: ActionSchema,
  defaultExit: ExitRefSchema,
  /** Private address literals, *.local and *.home.arpa stay direct unless a rule names them. */
  localDirect: v.boolean(),
});
export type RouteTable = v.InferOutput<typeof RouteTableSchema>;

export const EMPTY_TABLE: RouteTable = {
  rules: [],
  otherwise: { kind: 'default' },
  defaultExit: { kind: 'any' },
  localDirect: true,
};

/** Why this match cannot be used, or null. */
export function matchProblem(match: Match): RuleProblem | null {
  if (match.kind === 'regex') return regexProblem(match.text);
  if (match.kind === 'wildcard') return wildcardProblem(match.text);
  const host = parseHost(match.text);
  return host === match.text ? null : 'host_invalid';
}

/** What a person typed or pasted (a URL, a name, `*.name`) as a stored match; or why it cannot be one. */
export function parseMatch(kind: MatchKind, typed: string): Match | RuleProblem {
  const text = typed.trim();
  if (text === '') return 'empty';
  if (kind === 'regex') return regexProblem(text) ?? { kind, text };
  if (kind === 'wildcard') {
    const pattern = text.toLowerCase();
    return wildcardProblem(pattern) ?? { kind, text: pattern };
  }
  const bare = kind === 'domain' ? text.replace(/^(\*\.|\.)/, '') : text;
  const host = parseHost(bare);
  return host === null ? 'host_invalid' : { kind, text: host };
}

export function sameMatch(a: Match, b: Match): boolean {
  return a.kind === b.kind && a.text === b.text;
}

/** Puts a rule on top, or changes the action of the rule that already has this very match. */
export function upsertRule(rules: readonly Rule[], rule: Rule): Rule[] {
  const at = rules.findIndex((known) => sameMatch(known.match, rule.match));
  if (at < 0) return [rule, ...rules];
  return rules.map((known, i) => (i === at ? { ...known, enabled: true, action: rule.action } : known));
}
