/** "Which route would this address take, and why": asks the same function that the browser's rules come from. */
import { useState } from 'preact/hooks';
import { type Decision, decide } from '../../routing/match.ts';
import type { RouteTable } from '../../routing/rules.ts';
import { actionText } from '../actions.ts';
import { t } from '../i18n.ts';
import { reasonText } from '../reasons.ts';
import { TEST } from '../testids.ts';
import { useTypedHost } from '../typed-host.ts';
import { LiteralField } from './LiteralField.tsx';

export function RuleTester({ table }: { table: RouteTable }) {
  const { text, host, field } = useTypedHost();
  const page = useTypedHost();
  const [opened, setOpened] = useState('regular');
  const containers = containersOf(table);
  const url = URL.canParse(text) ? { url: text } : {};
  const where = { private: opened === 'private', container: opened };
  const site = page.host === null ? {} : { site: page.host };
  const decision = host === null ? null : decide(table, { host, ...url, ...where, ...site });
  return (
    <section class="card tester">
      <h2 class="card-title">{t('testerTitle')}</h2>
      <div class="tester-fields">
        <LiteralField
          label={t('testerLabel')}
          testid={TEST.testerInput}
          placeholder="https://www.example.org/page"
          {...field}
        />
        <LiteralField label={t('testerPage')} testid={TEST.testerPage} {...page.field} />
        {table.rules.some(({ scope }) => scope) ? (
          <label class="field">
            <span>{t('testerWindow')}</span>
            <select
              class="input"
              data-testid={TEST.testerWindow}
              value={opened}
              onChange={(event) => setOpened(event.currentTarget.value)}
            >
              <option value="regular">{t('windowRegular')}</option>
              <option value="private">{t('windowPrivate')}</option>
              {[...containers].map(([id, name]) => (
                <option key={id} value={id}>
                  {t('scopeContainer', name)}
                </option>
              ))}
            </select>
          </label>
        ) : null}
      </div>
      <p
        class="tester-result"
        aria-live="polite"
        data-testid={TEST.testerResult}
        data-state={decision ? stateOf(decision) : ''}
      >
        {decision && host ? (
          <>
            <strong>{host}</strong> <span class="pointing">→</span> <strong>{actionText(decision.action)}</strong>
            <span class="note"> {reasonText(decision)}</span>
          </>
        ) : (
          <span class="note">{text === '' ? t('testerEmpty') : t('problemHost')}</span>
        )}
      </p>
    </section>
  );
}

/** The containers that rules name: only these can make a difference. */
function containersOf({ rules }: RouteTable): ReadonlyMap<string, string> {
  return new Map(rules.flatMap(({ scope }) => (scope?.kind === 'container' ? [[scope.id, scope.name] as const] : [])));
}

function stateOf({ why: reason, action }: Decision): string {
  if (reason === 'local') return 'local';
  return action.kind === 'direct' ? 'direct' : action.kind === 'block' ? 'blocked' : 'exit';
}
