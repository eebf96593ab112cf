/** What a file holds, where each of its proxies shall lead, what could not be taken; then append or replace. */
import { useState } from 'preact/hooks';
import type { Opened } from '../../routing/import/file.ts';
import { type Imported, type SkipReason, toRules } from '../../routing/import/imported.ts';
import { type Action, MAX_RULES, type RouteTable, type Rule } from '../../routing/rules.ts';
import { actionFrom, actionValue, type Option } from '../actions.ts';
import { useModal } from '../focus.ts';
import { type Key, t } from '../i18n.ts';
import { changeTable } from '../table.ts';
import { TEST } from '../testids.ts';
import { ActionSelect } from './ActionSelect.tsx';

const REFUSED = {
  too_large: 'importTooLarge',
  newer: 'importNewer',
  damaged: 'importDamaged',
  nothing: 'importNothing',
} as const satisfies Record<Extract<Opened, { kind: 'refused' }>['why'], Key>;
const SKIPPED = {
  address: 'skippedAddress',
  pattern: 'skippedPattern',
  condition: 'skippedCondition',
  exception: 'skippedException',
  everything: 'skippedEverything',
  too_many: 'skippedTooMany',
} as const satisfies Record<SkipReason, Key>;
const SKIPPED_SHOWN = 50;

interface Props {
  readonly opened: Opened;
  readonly table: RouteTable;
  readonly options: readonly Option[];
  onDone(): void;
}

export function ImportSheet({ opened, table, options, onDone }: Props) {
  const dialog = useModal();
  const foreign = opened.kind === 'foreign' ? opened.imported : null;
  const [actions, setActions] = useState(() => new Map<string, Action>(foreign?.profiles.map(start)));
  const rules = (): Rule[] => {
    if (opened.kind === 'warren') return opened.table.rules;
    return foreign ? toRules(foreign, actions, () => crypto.randomUUID()) : [];
  };
  const take = (how: 'append' | 'replace') => {
    if (opened.kind === 'warren' && how === 'replace') changeTable(opened.table);
    else {
      const before = how === 'append' ? table.rules : [];
      const known = new Set(before.map(({ id }) => id));
      // A rule that is there already keeps its place.
      const fresh = rules().filter(({ id }) => !known.has(id));
      const groups =
        opened.kind === 'warren' ? [...(table.groups ?? []), ...newGroups(opened.table, table)] : undefined;
      changeTable({ rules: [...before, ...fresh].slice(0, MAX_RULES), ...(groups ? { groups } : {}) });
    }
    onDone();
  };
  const count = opened.kind === 'warren' ? opened.table.rules.length : (foreign?.rules.length ?? 0);
  return (
    <dialog
      ref={dialog}
      class="sheet import"
      aria-labelledby="import-title"
      data-testid={TEST.importSheet}
      onClose={onDone}
    >
      <h2 id="import-title" class="sheet-title">
        {t('importRules')}
      </h2>
      {opened.kind === 'refused' ? (
        <p class="problem" role="alert" data-testid={TEST.importProblem}>
          {t(REFUSED[opened.why])}
        </p>
      ) : (
        <>
          <p>{t('importFound', count)}</p>
          {foreign ? <Profiles imported={foreign} actions={actions} options={options} onChange={setActions} /> : null}
          {foreign && foreign.skipped.length > 0 ? <Skipped imported={foreign} /> : null}
        </>
      )}
      <div class="form-buttons">
        {opened.kind === 'refused' ? null : (
          <>
            <button type="button" class="button primary" data-testid={TEST.importAppend} onClick={() => take('append')}>
              {t('importAppend')}
            </button>
            <button type="button" class="button" data-testid={TEST.importReplace} onClick={() => take('replace')}>
              {t('importReplace')}
            </button>
          </>
        )}
        <button type="button" class="button" onClick={onDone}>
          {t('cancel')}
        </button>
      </div>
    </dialog>
  );
}

function Profiles(props: {
  readonly imported: Imported;
  readonly actions: ReadonlyMap<string, Action>;
  readonly options: readonly Option[];
  onChange(actions: Map<string, Action>): void;
}) {
  const { imported, actions, options, onChange } = props;
  return (
    <ul class="list">
      {imported.profiles.map(({ name }) => (
        <li key={name} class="row">
          <span class="row-main">
            <span class="row-title">{name}</span>
            <span class="row-sub">
              {t('rulesCount', imported.rules.filter(({ profile }) => profile === name).length)}
            </span>
          </span>
          <ActionSelect
            value={actionValue(actions.get(name) ?? { kind: 'default' })}
            options={options}
            label={t('routeFor', name)}
            testid={TEST.importProfile}
            onChange={(value) => onChange(new Map(actions).set(name, actionFrom(value, options)))}
          />
        </li>
      ))}
    </ul>
  );
}

function Skipped({ imported: { skipped } }: { imported: Imported }) {
  return (
    <details>
      <summary>{t('importSkipped', skipped.length)}</summary>
      <ul class="skipped">
        {skipped.slice(0, SKIPPED_SHOWN).map(({ text, why }) => (
          <li key={text}>
            <code>{text}</code> <span class="note">{t(SKIPPED[why])}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}

function start({ name, direct }: Imported['profiles'][number]): [string, Action] {
  return [name, direct ? { kind: 'direct' } : { kind: 'default' }];
}

function newGroups(theirs: RouteTable, ours: RouteTable) {
  const known = new Set((ours.groups ?? []).map(({ id }) => id));
  return (theirs.groups ?? []).filter(({ id }) => !known.has(id));
}
