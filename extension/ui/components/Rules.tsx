/** The ordered rules: first match wins, then the last line for everything else. */
import { useEffect, useState } from 'preact/hooks';
import type { Rule } from '../../routing/rules.ts';
import { actionFrom, actionOptions, actionValue } from '../actions.ts';
import { unblocked, watchBook } from '../book.ts';
import { t } from '../i18n.ts';
import { fire, view } from '../link.ts';
import { loadNodes, nodes } from '../nodes.ts';
import { changeTable, table as tableSignal, watchTable } from '../table.ts';
import { TEST } from '../testids.ts';
import { ActionSelect } from './ActionSelect.tsx';
import { Icon } from './Icon.tsx';
import { RuleForm } from './RuleForm.tsx';
import { RuleGroups } from './RuleGroups.tsx';
import { RuleList } from './RuleList.tsx';
import { RulesFile } from './RulesFile.tsx';
import { RuleTester } from './RuleTester.tsx';

export function Rules() {
  const [editing, setEditing] = useState<Rule | 'new' | null>(null);
  const [filter, setFilter] = useState('');
  const ready = view.value?.host.status === 'ready';
  useEffect(watchTable, []);
  useEffect(watchBook, []);
  useEffect(() => {
    if (ready) void loadNodes();
  }, [ready]);
  const table = tableSignal.value;
  if (!table) return null;
  const options = actionOptions([...(view.value?.routes.named ?? [])], unblocked(nodes.value));
  const save = (rules: readonly Rule[]) => changeTable({ rules: [...rules] });
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
        <RulesFile table={table} options={options} />
      </div>
      {editing ? (
        <RuleForm
          key={editing === 'new' ? 'new' : editing.id}
          rule={editing === 'new' ? null : editing}
          groups={table.groups ?? []}
          options={options}
          onDone={() => setEditing(null)}
          onSave={(rule, groups) =>
            changeTable({
              groups: [...groups],
              rules: editing === 'new' ? [rule, ...table.rules] : replace(table.rules, rule),
            })
          }
        />
      ) : null}
      <RuleGroups groups={table.groups ?? []} onChange={(groups) => changeTable({ groups: [...groups] })} />
      {table.rules.length > 8 ? (
        <input
          class="input"
          type="search"
          data-testid={TEST.ruleFilter}
          placeholder={t('filterRules')}
          aria-label={t('filterRules')}
          value={filter}
          onInput={(event) => setFilter(event.currentTarget.value)}
        />
      ) : null}
      <RuleList table={table} filter={filter} onEdit={setEditing} onSave={save}>
        <li class="row rule otherwise">
          <div class="row-main">
            <div class="row-title">{t('everythingElse')}</div>
            <div class="row-sub">{t('otherwiseNote')}</div>
          </div>
          <ActionSelect
            value={actionValue(table.otherwise)}
            options={options}
            label={t('everythingElse')}
            testid={TEST.otherwise}
            onChange={(value) => changeTable({ otherwise: actionFrom(value, options) })}
          />
        </li>
      </RuleList>
      <label class="check">
        <input
          type="checkbox"
          data-testid={TEST.followSites}
          checked={table.followSites !== false}
          onChange={(event) => changeTable({ followSites: event.currentTarget.checked })}
        />
        {t(view.value?.platform === 'firefox' ? 'followSitesFirefox' : 'followSitesChromium')}
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={table.localDirect}
          onChange={(event) => changeTable({ localDirect: event.currentTarget.checked })}
        />
        {t('localDirect')}
      </label>
      <RuleTester table={table} />
    </div>
  );
}

export function replace(rules: readonly Rule[], rule: Rule): Rule[] {
  return rules.map((known) => (known.id === rule.id ? rule : known));
}
