/** Groups of rules, each switched as one; a group without its rules is deleted with them left in place. */
import type { Group } from '../../routing/rules.ts';
import { t } from '../i18n.ts';
import { TEST } from '../testids.ts';
import { Icon } from './Icon.tsx';

interface Props {
  readonly groups: readonly Group[];
  onChange(groups: readonly Group[]): void;
}

export function RuleGroups({ groups, onChange }: Props) {
  if (groups.length === 0) return null;
  return (
    <ul class="groups" aria-label={t('groups')}>
      {groups.map((group) => (
        <li key={group.id} class="group" data-testid={TEST.ruleGroup} data-key={group.id}>
          <label class="check">
            <input
              type="checkbox"
              checked={group.enabled}
              onChange={(event) =>
                onChange(
                  groups.map((known) =>
                    known.id === group.id ? { ...known, enabled: event.currentTarget.checked } : known,
                  ),
                )
              }
            />
            {group.name}
          </label>
          <button
            type="button"
            class="icon-button"
            aria-label={t('deleteGroup', group.name)}
            onClick={() => onChange(groups.filter((known) => known.id !== group.id))}
          >
            <Icon name="trash" size={16} />
          </button>
        </li>
      ))}
    </ul>
  );
}
