/** The rules in their order, moved by dragging or with two buttons; long lists are shown in pieces. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { RouteTable, Rule } from '../../routing/rules.ts';
import { t } from '../i18n.ts';
import { moveTo } from '../reorder.ts';
import { TEST } from '../testids.ts';
import { RuleRow } from './RuleRow.tsx';

const PIECE = 100;

interface Props {
  readonly table: RouteTable;
  readonly filter: string;
  readonly children: ComponentChildren;
  onEdit(rule: Rule): void;
  onSave(rules: readonly Rule[]): void;
}

export function RuleList({ table, filter, children, onEdit, onSave }: Props) {
  const [shown, setShown] = useState(PIECE);
  const [dragged, setDragged] = useState<number | null>(null);
  const [over, setOver] = useState<number | null>(null);
  const { rules, groups = [] } = table;
  const words = filter.trim().toLowerCase();
  const fitting = rules.flatMap((rule, at) => (fits(rule, words) ? [{ rule, at }] : []));
  const drop = (at: number) => {
    if (dragged !== null && dragged !== at) onSave(moveTo(rules, dragged, at));
    setDragged(null);
    setOver(null);
  };
  return (
    <>
      <ol class="list rule-list" aria-label={t('rules')}>
        {fitting.slice(0, shown).map(({ rule, at }) => (
          <RuleRow
            key={rule.id}
            rule={rule}
            at={at}
            rules={rules}
            group={groups.find(({ id }) => id === rule.group) ?? null}
            drag={{
              state: dragged === at ? 'dragged' : over === at ? 'over' : '',
              onStart: () => setDragged(at),
              onOver: () => setOver(at),
              onDrop: () => drop(at),
              onEnd: () => drop(dragged ?? -1),
            }}
            onEdit={() => onEdit(rule)}
            onSave={onSave}
          />
        ))}
        {children}
      </ol>
      {fitting.length > shown ? (
        <button type="button" class="button" data-testid={TEST.ruleMore} onClick={() => setShown(shown + PIECE)}>
          {t('showMoreRules', fitting.length - shown)}
        </button>
      ) : null}
    </>
  );
}

function fits({ match, comment = '' }: Rule, words: string): boolean {
  return words === '' || match.text.includes(words) || comment.toLowerCase().includes(words);
}
