/** "Which route would this address take, and why": asks the same function that the browser's rules come from. */
import { useState } from 'preact/hooks';
import { parseHost } from '../../routing/hosts.ts';
import { type Decision, decide } from '../../routing/match.ts';
import type { RouteTable } from '../../routing/rules.ts';
import { actionText } from '../actions.ts';
import { t } from '../i18n.ts';
import { TEST } from '../testids.ts';

export function RuleTester({ table }: { table: RouteTable }) {
  const [text, setText] = useState('');
  const host = parseHost(text);
  const decision = host === null ? null : decide(table, host);
  return (
    <section class="card tester">
      <h2 class="card-title">{t('testerTitle')}</h2>
      <label class="field">
        <span>{t('testerLabel')}</span>
        <input
          class="input"
          data-testid={TEST.testerInput}
          autocapitalize="none"
          spellcheck={false}
          placeholder="https://www.example.org/page"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <p
        class="tester-result"
        aria-live="polite"
        data-testid={TEST.testerResult}
        data-state={decision ? stateOf(decision) : ''}
      >
        {decision && host ? (
          <>
            <strong>{host}</strong> → <strong>{actionText(decision.action)}</strong>
            <span class="note"> {why(decision)}</span>
          </>
        ) : (
          <span class="note">{text === '' ? t('testerEmpty') : t('problemHost')}</span>
        )}
      </p>
    </section>
  );
}

function stateOf({ why: reason, action }: Decision): string {
  if (reason === 'local') return 'local';
  return action.kind === 'direct' ? 'direct' : action.kind === 'block' ? 'blocked' : 'exit';
}

function why(decision: Decision): string {
  if (decision.why === 'rule') return t('becauseRule', decision.rule.match.text);
  return decision.why === 'local' ? t('becauseLocal') : t('becauseOtherwise');
}
