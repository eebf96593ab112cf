/**
 * The routing rules as the user writes them: an ordered list, the first match wins, and a last line
 * for everything else. Data and its border only; `match.ts` decides, `pac.ts` and `firefox.ts` apply.
 */
import * as v from 'valibot';
import { CountrySchema, DidSchema } from '../../shared/wire/schema.ts';
import { parseHost, type RuleProblem, regexProblem, urlRegexProblem, wildcardProblem } from './hosts.ts';

export const MAX_RULES = 10_000;
export const MAX_GROUPS = 100;
/** Hosts that one rule may take along. */
export const MAX_ALSO = 200;
/** The host takes at most this many exits (IntentSchema). */
export const MAX_EXITS = 32;

/** `url` looks at the whole address and works in Firefox only: Chromium shows a proxy script no paths. */
export const MATCH_KINDS = ['domain', 'host', 'wildcard', 'regex', 'url'] as const;
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
export type NodeRef = v.InferOutput<typeof NodeRefSchema>;
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

const Id = v.pipe(v.string(), v.minLength(1), v.maxLength(40));

/** In which windows a rule counts. Containers are Firefox's (`cookieStoreId`). */
export const ScopeSchema = v.variant('kind', [
  v.object({ kind: v.literal('private') }),
  v.object({ kind: v.literal('regular') }),
  v.object({
    kind: v.literal('container'),
    id: v.pipe(v.string(), v.minLength(1), v.maxLength(80)),
    name: v.pipe(v.string(), v.maxLength(80)),
  }),
]);
export type Scope = v.InferOutput<typeof ScopeSchema>;

/** A temporary rule ends with the browser, or at a moment (epoch ms). */
export const UntilSchema = v.union([v.literal('restart'), v.pipe(v.number(), v.integer(), v.minValue(0))]);
export type Until = v.InferOutput<typeof UntilSchema>;

const HostText = v.pipe(
  v.string(),
  v.check((text) => parseHost(text) === text, 'not a host'),
);

export const RuleSchema = v.object({
  id: Id,
  enabled: v.boolean(),
  match: v.pipe(
    MatchSchema,
    v.check((match) => matchProblem(match) === null, 'not a usable pattern'),
  ),
  action: ActionSchema,
  /** Hosts that the pages of this site load from: they take its route unless a rule names them. */
  also: v.optional(v.pipe(v.array(HostText), v.maxLength(MAX_ALSO))),
  group: v.optional(Id),
  comment: v.optional(v.pipe(v.string(), v.maxLength(200))),
  scope: v.optional(ScopeSchema),
  until: v.optional(UntilSchema),
});
export type Rule = v.InferOutput<typeof RuleSchema>;

export const GroupSchema = v.object({
  id: Id,
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(60)),
  enabled: v.boolean(),
});
export type Group = v.InferOutput<typeof GroupSchema>;

export const RouteTableSchema = v.object({
  rules: v.pipe(v.array(RuleSchema), v.maxLength(MAX_RULES)),
  groups: v.optional(v.pipe(v.array(GroupSchema), v.maxLength(MAX_GROUPS)), []),
  /** Everything that no rule names. */
  otherwise: ActionSchema,
  defaultExit: ExitRefSchema,
  /** Private address literals, *.local and *.home.arpa stay direct unless a rule names them. */
  localDirect: v.boolean(),
  /** What a routed page loads from elsewhere takes the page's route. */
  followSites: v.optional(v.boolean(), true),
});
export type RouteTable = v.InferOutput<typeof RouteTableSchema>;

export const EMPTY_TABLE: RouteTable = {
  rules: [],
  groups: [],
  otherwise: { kind: 'default' },
  defaultExit: { kind: 'any' },
  localDirect: true,
  followSites: true,
};

/** Why this match cannot be used, or null. */
export function matchProblem(match: Match): RuleProblem | null {
  if (match.kind === 'regex') return regexProblem(match.text);
  if (match.kind === 'url') return urlRegexProblem(match.text);
  if (match.kind === 'wildcard') return wildcardProblem(match.text);
  const host = parseHost(match.text);
  return host === match.text ? null : 'host_invalid';
}

/** What a person typed or pasted (a URL, a name, `*.name`) as a stored match; or why it cannot be one. */
export function parseMatch(kind: MatchKind, typed: string): Match | RuleProblem {
  const text = typed.trim();
  if (text === '') return 'empty';
  if (kind === 'regex') return regexProblem(text) ?? { kind, text };
  if (kind === 'url') return urlRegexProblem(text) ?? { kind, text };
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

export function sameScope(a: Scope | undefined, b: Scope | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (a.kind === 'container' && b.kind === 'container') return a.id === b.id;
  return a.kind === b.kind;
}

/** Puts a rule on top, or changes the action of the rule that already has this very match and scope. */
export function upsertRule(rules: readonly Rule[], rule: Rule): Rule[] {
  const at = rules.findIndex((known) => sameMatch(known.match, rule.match) && sameScope(known.scope, rule.scope));
  if (at < 0) return [rule, ...rules];
  return rules.map((known, i) =>
    i === at ? withUntil({ ...known, enabled: true, action: rule.action }, rule.until) : known,
  );
}

function withUntil({ until: _, ...rule }: Rule, until: Until | undefined): Rule {
  return until === undefined ? rule : { ...rule, until };
}

/** The rules that count, in order: switched on, in a group that is switched on. */
export function activeRules({ rules, groups = [] }: RouteTable): Rule[] {
  const off = new Set(groups.filter((group) => !group.enabled).map(({ id }) => id));
  return rules.filter((rule) => rule.enabled && !(rule.group !== undefined && off.has(rule.group)));
}

/** The table without a node: what named it takes any other of its country. The same table when nothing did. */
export function withoutNode(table: RouteTable, did: NodeRef['did']): RouteTable {
  const names = (ref: Action | ExitRef): ref is NodeRef => ref.kind === 'node' && ref.did === did;
  const elsewhere = <R extends Action | ExitRef>(ref: R) =>
    names(ref) ? ({ kind: 'country', country: ref.country } as const) : ref;
  const { rules, otherwise, defaultExit } = table;
  if (![otherwise, defaultExit, ...rules.map(({ action }) => action)].some(names)) return table;
  return {
    ...table,
    rules: rules.map((rule) => (names(rule.action) ? { ...rule, action: elsewhere(rule.action) } : rule)),
    otherwise: elsewhere(otherwise),
    defaultExit: elsewhere(defaultExit),
  };
}
