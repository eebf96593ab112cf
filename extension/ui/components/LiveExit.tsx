/** One exit's connection in words that a person understands; the numbers behind them in a fold. */

import { Flag } from '../../../shared/ui/Flag.tsx';
import type { ExitView, View } from '../../messages.ts';
import { perHour } from '../../wallet/amounts.ts';
import { bytes, countryName, duration } from '../format.ts';
import { t } from '../i18n.ts';
import { hidingText, keysText, pathText } from '../live-words.ts';
import { nodeName } from '../nodes.ts';
import { useNow } from '../now.ts';
import { TEST } from '../testids.ts';
import { Amount } from './Amount.tsx';
import { ExpertFacts } from './ExpertFacts.tsx';

export function LiveExit({ exit, facts }: { exit: ExitView; facts: View['host']['facts'] }) {
  const now = useNow(1_000);
  const { node, country } = exit;
  const name = node ? nodeName(node) : country ? countryName(country) : t('anyNode');
  return (
    <section class="card live-exit" aria-label={name} data-testid={TEST.liveExit} data-key={exit.exitId}>
      <h2 class="card-title live-title">
        {country ? <Flag code={country} size={18} /> : null}
        {name}
      </h2>
      <ul class="live-words">
        <li>{pathText(exit)}</li>
        {exit.suite === null ? null : <li>{keysText(exit.suite)}</li>}
        {exit.rotation ? <li>{hidingText(exit.rotation, now)}</li> : null}
      </ul>
      <dl class="live-figures">
        <Figure label={t('sessionTime')}>
          <span data-testid={TEST.liveTime} data-value={exit.upAt ?? ''}>
            {exit.upAt ? duration(now - exit.upAt) : '–'}
          </span>
        </Figure>
        <Figure label={t('spent')}>
          <Amount wei={exit.spentSession} />
        </Figure>
        <Figure label={t('perHour')}>
          <Amount wei={perHour(BigInt(exit.pricePerMB ?? 0), exit.rxRate + exit.txRate)} digits={3} />
        </Figure>
        <Figure label={t('data')}>
          <span class="amount">↓ {bytes(exit.rxBytes)}</span> <span class="amount">↑ {bytes(exit.txBytes)}</span>
        </Figure>
      </dl>
      <details>
        <summary data-testid={TEST.liveExperts}>{t('forExperts')}</summary>
        <ExpertFacts exit={exit} facts={facts} now={now} />
      </details>
    </section>
  );
}

function Figure({ label, children }: { label: string; children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}
