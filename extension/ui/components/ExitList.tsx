/** Every exit that the rules need, with what it is doing, and a way out when it failed. */

import { Flag } from '../../../shared/ui/Flag.tsx';
import type { ExitView } from '../../messages.ts';
import { countryName, millis } from '../format.ts';
import { errorText, t } from '../i18n.ts';
import { fire } from '../link.ts';
import { PHASE_WORDS } from '../live-words.ts';
import { TEST } from '../testids.ts';
import { Amount } from './Amount.tsx';
import { ExitNews, isGone } from './ExitNews.tsx';

/** Nothing is wrong with an exit that is being left. */
const OVER: readonly ExitView['phase'][] = ['closing', 'closed'];
const PATH = { direct: 'pathDirect', lan: 'pathLan', relay: 'pathRelay' } as const;

export function ExitList({ exits }: { exits: readonly ExitView[] }) {
  if (exits.length === 0) return null;
  return (
    <ul class="list exits" aria-label={t('exits')}>
      {exits.map((exit) => (
        <Row key={exit.exitId} exit={exit} />
      ))}
    </ul>
  );
}

function Row({ exit }: { exit: ExitView }) {
  const { country, node, error } = exit;
  // The news says why already, and what is being done about it.
  const working = isGone(exit) && exit.state === 'connecting';
  return (
    <li
      class="row exit"
      data-testid={TEST.exitRow}
      data-key={exit.exitId}
      data-state={exit.phase}
      data-country={country ?? ''}
    >
      {country ? <Flag code={country} size={22} /> : <span class="flag-gap" />}
      <div class="row-main">
        <div class="row-title">
          {country ? countryName(country) : t('anyNode')}
          {node?.city ? <span class="row-aside">{node.city}</span> : null}
        </div>
        <div class="row-sub">{error && !working ? errorText(error).message : doing(exit)}</div>
        <ExitNews exit={exit} />
        {exit.refunded === null ? null : (
          <div class="row-sub">
            +<Amount wei={exit.refunded} /> {t('returned')}
          </div>
        )}
        {error && !isGone(exit) ? <div class="row-todo">{errorText(error).action}</div> : null}
      </div>
      {exit.phase === 'failed' || exit.phase === 'gated' ? (
        <button
          type="button"
          class="button small"
          data-testid={TEST.exitRetry}
          onClick={() => fire({ name: 'exit.retry', exitId: exit.exitId })}
        >
          {t('tryAgain')}
        </button>
      ) : (
        <span class="dot" data-state={OVER.includes(exit.phase) ? 'off' : exit.state} aria-hidden="true" />
      )}
    </li>
  );
}

function doing(exit: ExitView): string {
  if (exit.need?.kind === 'signer') return t('waitsForUnlock');
  if (exit.need?.kind === 'channel') return t('waitsForDeposit');
  if (exit.phase !== 'up') return t(PHASE_WORDS[exit.phase]);
  const path = exit.path ? [t(PATH[exit.path.kind]), millis(exit.path.rttMs)] : [t('phaseUp')];
  return path.join(' · ');
}
