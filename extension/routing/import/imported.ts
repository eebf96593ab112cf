/** What every importer makes of a foreign list, before the user has said where each of its proxies shall lead. */
import { type Action, MAX_RULES, type Match, type Rule } from '../rules.ts';

/** A file larger than this is refused unread. */
export const MAX_IMPORT_BYTES = 8_000_000;

export type SkipReason =
  /** Looks at a path or a whole address, which this browser's scripts do not see. */
  | 'address'
  | 'pattern'
  /** Depends on the time of day, an address range, … */
  | 'condition'
  /** An exception from another rule: it has no place in an ordered list without guessing. */
  | 'exception'
  /** Names every site: that is the last line of the list, and the user's own choice. */
  | 'everything'
  | 'too_many';

export interface ImportedRule {
  /** Name of the foreign proxy or profile that it led to. */
  readonly profile: string;
  readonly match: Match;
  readonly enabled: boolean;
  readonly comment?: string;
}

export interface Imported {
  readonly format: 'foxyproxy' | 'omega' | 'list';
  /** In order of appearance. `direct`: the foreign program's own word for no proxy. */
  readonly profiles: readonly { readonly name: string; readonly direct: boolean }[];
  readonly rules: readonly ImportedRule[];
  readonly skipped: readonly { readonly text: string; readonly why: SkipReason }[];
}

/** Collects in order, within the limits, and never the same match for the same profile twice. */
export class Collector {
  readonly #rules: ImportedRule[] = [];
  readonly #skipped: { text: string; why: SkipReason }[] = [];
  readonly #profiles = new Map<string, boolean>();
  readonly #known = new Set<string>();

  add(rule: ImportedRule, direct: boolean): void {
    const key = `${rule.match.kind} ${rule.match.text}`;
    if (this.#known.has(key)) return;
    if (this.#rules.length >= MAX_RULES) {
      this.skip(rule.match.text, 'too_many');
      return;
    }
    this.#known.add(key);
    if (!this.#profiles.has(rule.profile)) this.#profiles.set(rule.profile, direct);
    this.#rules.push(rule);
  }

  skip(text: string, why: SkipReason): void {
    if (this.#skipped.length < MAX_RULES) this.#skipped.push({ text: text.slice(0, 120), why });
  }

  done(format: Imported['format']): Imported {
    const profiles = [...this.#profiles].map(([name, direct]) => ({ name, direct }));
    return { format, profiles, rules: this.#rules, skipped: this.#skipped };
  }
}

/** The rules as ours, each profile led where the user said; `idOf` draws their ids. */
export function toRules(imported: Imported, actions: ReadonlyMap<string, Action>, idOf: () => string): Rule[] {
  return imported.rules.map(({ profile, match, enabled, comment }) => ({
    id: idOf(),
    enabled,
    match,
    action: actions.get(profile) ?? { kind: 'default' },
    ...(comment ? { comment: comment.slice(0, 200) } : {}),
  }));
}
