/** One rule: switched, edited, moved, deleted. */
import type { Group, Rule } from '../../routing/rules.ts';
import { actionText } from '../actions.ts';
import { t } from '../i18n.ts';
import { moveTo } from '../reorder.ts';
import { MATCH_WORDS, scopeText, untilText } from '../rule-words.ts';
import { TEST } from '../testids.ts';
import { Icon } from './Icon.tsx';

interface Props {
  readonly rule: Rule;
  /** Place in the whole list. */
  readonly at: number;
  readonly rules: readonly Rule[];
  readonly group: Group | null;
  readonly drag: {
    readonly state: string;
    onStart(): void;
    onOver(): void;
    onDrop(): void;
    onEnd(): void;
  };
  onEdit(): void;
  onSave(rules: readonly Rule[]): void;
}

export function RuleRow({ rule, at, rules, group, drag, onEdit, onSave }: Props) {
  const name = rule.match.text;
  const off = !rule.enabled || group?.enabled === false;
  const set = (enabled: boolean) =>
    onSave(rules.map((known) => (known.id === rule.id ? { ...known, enabled } : known)));
  return (
    <li
      class={`row rule ${off ? 'rule-off' : ''}`}
      data-testid={TEST.ruleRow}
      data-key={rule.id}
      data-drag={drag.state}
      draggable
      onDragStart={(event) => {
        // Firefox drags nothing that carries no data.
        event.dataTransfer?.setData('text/plain', name);
        drag.onStart();
      }}
      onDragOver={(event) => {
        event.preventDefault();
        drag.onOver();
      }}
      onDrop={(event) => {
        event.preventDefault();
        drag.onDrop();
      }}
      onDragEnd={drag.onEnd}
    >
      <span class="grip" aria-hidden="true">
        <Icon name="grip" size={16} />
      </span>
      <input
        type="checkbox"
        data-testid={TEST.ruleEnabled}
        aria-label={t('ruleEnabled', name)}
        checked={rule.enabled}
        onChange={(event) => set(event.currentTarget.checked)}
      />
      <button type="button" class="row-main rule-edit" onClick={onEdit} title={t('editRule', name)}>
        <span class="row-title">{name}</span>
        <span class="row-sub">
          <span class="clip">{notes(rule, group).join(' · ')}</span>
        </span>
      </button>
      <span class="rule-action" data-kind={rule.action.kind}>
        {actionText(rule.action)}
      </span>
      <span class="row-buttons">
        <Tool
          icon="up"
          label={t('moveUp', name)}
          testid={TEST.ruleUp}
          off={at === 0}
          onPress={() => onSave(moveTo(rules, at, at - 1))}
        />
        <Tool
          icon="down"
          label={t('moveDown', name)}
          testid={TEST.ruleDown}
          off={at === rules.length - 1}
          onPress={() => onSave(moveTo(rules, at, at + 1))}
        />
        <Tool
          icon="trash"
          label={t('deleteRule', name)}
          testid={TEST.ruleDelete}
          onPress={() => onSave(rules.filter((known) => known.id !== rule.id))}
        />
      </span>
    </li>
  );
}

function notes({ match, also = [], scope, until, comment }: Rule, group: Group | null): string[] {
  return [
    t(MATCH_WORDS[match.kind]),
    also.length > 0 ? t('alsoCount', also.length) : '',
    scope ? scopeText(scope) : '',
    until !== undefined ? untilText(until) : '',
    group?.name ?? '',
    comment ?? '',
  ].filter(Boolean);
}

interface ToolProps {
  readonly icon: 'up' | 'down' | 'trash';
  readonly label: string;
  readonly testid: string;
  readonly off?: boolean;
  onPress(): void;
}

function Tool({ icon, label, testid, off = false, onPress }: ToolProps) {
  return (
    <button type="button" class="icon-button" data-testid={testid} aria-label={label} disabled={off} onClick={onPress}>
      <Icon name={icon} size={18} />
    </button>
  );
}
