/** The less common parts of a rule: until when, in which windows, its group, a note, the hosts it takes along. */
import { useEffect, useState } from 'preact/hooks';
import { type Container, containers } from '../../browser.ts';
import { parseHost } from '../../routing/hosts.ts';
import { type Group, MAX_ALSO, type Rule, type Scope } from '../../routing/rules.ts';
import { t } from '../i18n.ts';
import { TEST } from '../testids.ts';

export interface Details {
  readonly until: 'always' | 'restart' | 'hour' | 'kept';
  /** 'any' | 'private' | 'regular' | a container's id. */
  readonly scope: string;
  readonly container: string;
  readonly group: string;
  readonly comment: string;
  readonly also: string;
  readonly kept: Rule['until'];
}

export function detailsOf(rule: Rule | null, groups: readonly Group[]): Details {
  const { scope, until } = rule ?? {};
  return {
    until: until === undefined ? 'always' : until === 'restart' ? 'restart' : 'kept',
    scope: scope === undefined ? 'any' : scope.kind === 'container' ? scope.id : scope.kind,
    container: scope?.kind === 'container' ? scope.name : '',
    group: groups.find(({ id }) => id === rule?.group)?.name ?? '',
    comment: rule?.comment ?? '',
    also: (rule?.also ?? []).join('\n'),
    kept: until,
  };
}

const HOUR_MS = 3_600_000;

/** Null when one of the hosts is none. */
export function withDetails(
  rule: Rule,
  details: Details,
  groups: readonly Group[],
  now: number,
): { readonly rule: Rule; readonly groups: readonly Group[] } | null {
  const typed = details.also.split(/[\s,]+/).filter(Boolean);
  const also = typed.map(parseHost);
  if (also.includes(null)) return null;
  const name = details.group.trim();
  const known = groups.find((group) => group.name === name);
  const group = known ?? { id: crypto.randomUUID(), name: name.slice(0, 60), enabled: true };
  const until = { always: undefined, restart: 'restart', hour: now + HOUR_MS, kept: details.kept } as const;
  const scope = scopeOf(details);
  const comment = details.comment.trim().slice(0, 200);
  return {
    groups: name === '' || known ? groups : [...groups, group],
    rule: {
      ...rule,
      ...(also.length > 0 ? { also: [...new Set(also as string[])].slice(0, MAX_ALSO) } : {}),
      ...(name === '' ? {} : { group: group.id }),
      ...(comment === '' ? {} : { comment }),
      ...(scope ? { scope } : {}),
      ...(until[details.until] === undefined ? {} : { until: until[details.until] }),
    },
  };
}

function scopeOf({ scope, container }: Details): Scope | null {
  if (scope === 'any') return null;
  return scope === 'private' || scope === 'regular'
    ? { kind: scope }
    : { kind: 'container', id: scope, name: container };
}

interface Props {
  readonly details: Details;
  readonly groups: readonly Group[];
  readonly open: boolean;
  onChange(details: Details): void;
}

export function RuleMore({ details, groups, open, onChange }: Props) {
  const all = useContainers();
  const set = (part: Partial<Details>) => onChange({ ...details, ...part });
  const choices: readonly Container[] = all.some(({ id }) => id === details.scope)
    ? all
    : details.container
      ? [...all, { id: details.scope, name: details.container }]
      : all;
  return (
    <details class="rule-more" open={open}>
      <summary>{t('moreOptions')}</summary>
      <div class="rule-more-fields">
        <label class="field">
          <span>{t('lasts')}</span>
          <select
            class="input"
            data-testid={TEST.ruleUntil}
            value={details.until}
            onChange={(event) => set({ until: event.currentTarget.value as Details['until'] })}
          >
            <option value="always">{t('untilAlways')}</option>
            <option value="restart">{t('untilRestart')}</option>
            <option value="hour">{t('untilHour')}</option>
            {typeof details.kept === 'number' ? <option value="kept">{t('untilKept')}</option> : null}
          </select>
        </label>
        <label class="field">
          <span>{t('countsIn')}</span>
          <select
            class="input"
            data-testid={TEST.ruleScope}
            value={details.scope}
            onChange={(event) => {
              const scope = event.currentTarget.value;
              set({ scope, container: choices.find(({ id }) => id === scope)?.name ?? '' });
            }}
          >
            <option value="any">{t('scopeAny')}</option>
            <option value="regular">{t('scopeRegular')}</option>
            <option value="private">{t('scopePrivate')}</option>
            {choices.map(({ id, name }) => (
              <option key={id} value={id}>
                {t('scopeContainer', name)}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          <span>{t('group')}</span>
          <input
            class="input"
            list="rule-groups"
            maxLength={60}
            data-testid={TEST.ruleGroupName}
            value={details.group}
            onInput={(event) => set({ group: event.currentTarget.value })}
          />
          <datalist id="rule-groups">
            {groups.map(({ id, name }) => (
              <option key={id} value={name} />
            ))}
          </datalist>
        </label>
        <label class="field">
          <span>{t('comment')}</span>
          <input
            class="input"
            maxLength={200}
            data-testid={TEST.ruleComment}
            value={details.comment}
            onInput={(event) => set({ comment: event.currentTarget.value })}
          />
        </label>
        <label class="field wide">
          <span>{t('alsoHosts')}</span>
          <textarea
            class="input"
            rows={3}
            spellcheck={false}
            data-testid={TEST.ruleAlso}
            value={details.also}
            onInput={(event) => set({ also: event.currentTarget.value })}
          />
          <span class="note">{t('alsoHint')}</span>
        </label>
      </div>
    </details>
  );
}

/** Firefox's containers; none elsewhere. */
function useContainers(): readonly Container[] {
  const [all, setAll] = useState<readonly Container[]>([]);
  useEffect(() => void containers().then(setAll), []);
  return all;
}
