/** The ordered rules: first match wins, then the last line for everything else. */
import { useEffect, useState } from 'preact/hooks';
import type { RouteTable, Rule } from '../../routing/rules.ts';
import { actionFrom, actionOptions, actionText, actionValue, type Option } from '../actions.ts';
import { t } from '../i18n.ts';
import { fire, view } from '../link.ts';
import { loadNodes, nodes } from '../nodes.ts';
import { TEST } from '../testids.ts';
import { ActionSelect } from './ActionSelect.tsx';
import { Icon } from './Icon.tsx';
import { RuleForm } from './RuleForm.tsx';
import { RuleTester } from './RuleTester.tsx';

const KIND = { domain: 'matchDomain', host: 'matchHost', wildcard: 'matchWildcard', regex: 'matchRegex' } as const;

export function Rules() {
  const [editing, setEditing] = useState<Rule | 'new' | null>(null);
  const ready = view.value?.host.status === 'ready';
  useEffect(() => {
    if (ready) void loadNodes();
  }, [ready]);
  const table = view.value?.table;
  if (!table) return null;
  const options = actionOptions(table, nodes.value);
  const save = (rules: readonly Rule[]) => fire({ name: 'rules', rules });
  return (
    <div class="rules">
      <div class="toolbar">
        <button type="button" class="button primary" data-testid={TEST.ruleAdd} onClick={() => setEditing('new')}>
          <Icon name="plus" size={16} />
          {t('addRule')}
        </button>
        <button
          type="button"
          class="button"
          data-testid={TEST.ruleUndo}
          disabled={!view.value?.canUndo}
          onClick={() => fire({ name: 'rules.undo' })}
        >
          <Icon name="undo" size={16} />
          {t('undo')}
        </button>
      </div>
      {editing ? (
        <RuleForm
          rule={editing === 'new' ? null : editing}
          options={options}
          onDone={() => setEditing(null)}
          onSave={(rule) => save(editing === 'new' ? [rule, ...table.rules] : replace(table.rules, rule))}
        />
      ) : null}
      <ol class="list rule-list" aria-label={t('rules')}>
        {table.rules.map((rule, at) => (
          <Row key={rule.id} rule={rule} at={at} table={table} onEdit={() => setEditing(rule)} onSave={save} />
        ))}
        <li class="row rule otherwise">
          <div class="row-main">
            <div class="row-title">{t('everythingElse')}</div>
            <div class="row-sub">{t('otherwiseNote')}</div>
          </div>
          <Otherwise table={table} options={options} />
        </li>
      </ol>
      <label class="check">
        <input
          type="checkbox"
          checked={table.localDirect}
          onChange={(event) => fire({ name: 'localDirect', on: event.currentTarget.checked })}
        />
        {t('localDirect')}
      </label>
      <RuleTester table={table} />
    </div>
  );
}

function Otherwise({ table, options }: { table: RouteTable; options: readonly Option[] }) {
  return (
    <ActionSelect
      value={actionValue(table.otherwise)}
      options={options}
      label={t('everythingElse')}
      testid={TEST.otherwise}
      onChange={(value) => fire({ name: 'otherwise', action: actionFrom(value, options) })}
    />
  );
}

interface RowProps {
  readonly rule: Rule;
  readonly at: number;
  readonly table: RouteTable;
  onEdit(): void;
  onSave(rules: readonly Rule[]): void;
}

function Row({ rule, at, table: { rules }, onEdit, onSave }: RowProps) {
  const name = rule.match.text;
  return (
    <li class={`row rule ${rule.enabled ? '' : 'rule-off'}`} data-testid={TEST.ruleRow} data-key={rule.id}>
      <input
        type="checkbox"
        data-testid={TEST.ruleEnabled}
        aria-label={t('ruleEnabled', name)}
        checked={rule.enabled}
        onChange={(event) => onSave(replace(rules, { ...rule, enabled: event.currentTarget.checked }))}
      />
      <button type="button" class="row-main rule-edit" onClick={onEdit} title={t('editRule', name)}>
        <span class="row-title">{name}</span>
        <span class="row-sub">{t(KIND[rule.match.kind])}</span>
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
          onPress={() => onSave(moved(rules, at, -1))}
        />
        <Tool
          icon="down"
          label={t('moveDown', name)}
          testid={TEST.ruleDown}
          off={at === rules.length - 1}
          onPress={() => onSave(moved(rules, at, 1))}
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

function replace(rules: readonly Rule[], rule: Rule): Rule[] {
  return rules.map((known) => (known.id === rule.id ? rule : known));
}

function moved(rules: readonly Rule[], at: number, by: 1 | -1): Rule[] {
  const next = [...rules];
  const [rule] = next.splice(at, 1);
  if (rule) next.splice(at + by, 0, rule);
  return next;
}
