/** The parts of a rule as words. */
import type { MatchKind, Scope, Until } from '../routing/rules.ts';
import { clock } from './format.ts';
import { type Key, t } from './i18n.ts';

export const MATCH_WORDS = {
  domain: 'matchDomain',
  host: 'matchHost',
  wildcard: 'matchWildcard',
  regex: 'matchRegex',
  url: 'matchUrl',
} as const satisfies Record<MatchKind, Key>;

export const MATCH_HINTS = {
  domain: 'hintDomain',
  host: 'hintHost',
  wildcard: 'hintWildcard',
  regex: 'hintRegex',
  url: 'hintUrl',
} as const satisfies Record<MatchKind, Key>;

export function scopeText(scope: Scope): string {
  if (scope.kind === 'container') return t('scopeContainer', scope.name);
  return t(scope.kind === 'private' ? 'scopePrivate' : 'scopeRegular');
}

export function untilText(until: Until): string {
  return until === 'restart' ? t('untilRestart') : t('untilTime', clock(until));
}
