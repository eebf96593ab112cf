/** What there is, where it lies, and what was spent today and this month. */
import { useState } from 'preact/hooks';
import type { SpentView, View } from '../../messages.ts';
import { errorText, t } from '../i18n.ts';
import { fire, send } from '../link.ts';
import { TEST } from '../testids.ts';
import { Amount } from './Amount.tsx';
import { Icon } from './Icon.tsx';

export function Balance({ view: { wallet, network } }: { view: View }) {
  const [problem, setProblem] = useState('');
  const refresh = () => {
    setProblem('');
    send<'wallet.refresh'>({ name: 'wallet.refresh' }).catch((error) => setProblem(errorText(error).message));
  };
  const inChannels = wallet.channels.reduce((sum, { deposit, spent }) => sum + BigInt(deposit) - BigInt(spent), 0n);
  return (
    <div class="balance">
      <div class="balance-head">
        <span class="eyebrow">{t('balance')}</span>
        <span class="balance-tools">
          <button
            type="button"
            class="icon-button"
            data-testid={TEST.walletRefresh}
            aria-label={t('refresh')}
            onClick={refresh}
          >
            <Icon name="refresh" size={18} />
          </button>
          {wallet.unlocked ? (
            <button
              type="button"
              class="icon-button"
              data-testid={TEST.lock}
              aria-label={t('lock')}
              onClick={() => fire({ name: 'wallet.lock' })}
            >
              <Icon name="unlock" size={18} />
            </button>
          ) : null}
        </span>
      </div>
      <p class="balance-main">
        <Amount wei={wallet.token} testid={TEST.balanceToken} />
      </p>
      <dl class="balance-more">
        <div>
          <dt>{t('inChannels')}</dt>
          <dd>
            <Amount wei={inChannels} testid={TEST.balanceChannels} />
          </dd>
        </div>
        <Spent label={t('spentToday')} spent={wallet.spentToday} testid={TEST.spentToday} />
        <Spent label={t('spentMonth')} spent={wallet.spentMonth} testid={TEST.spentMonth} />
        <div>
          <dt>{t('forFees')}</dt>
          <dd>
            <Amount wei={wallet.coin} coin testid={TEST.balanceCoin} />
          </dd>
        </div>
        <div>
          <dt>{t('chain')}</dt>
          <dd>{network?.name ?? '–'}</dd>
        </div>
      </dl>
      {wallet.stale ? <p class="stale">{t('balanceStale')}</p> : null}
      <p class="problem" role="alert">
        {problem}
      </p>
    </div>
  );
}

/** A sum with a part that another device signed is marked: its day is that of the claim. */
function Spent({ label, spent, testid }: { label: string; spent: SpentView; testid: string }) {
  const estimated = BigInt(spent.estimated) > 0n;
  return (
    <div title={estimated ? t('spentEstimated') : undefined}>
      <dt>{label}</dt>
      <dd>
        {estimated ? '≈ ' : ''}
        <Amount wei={spent.amount} testid={testid} />
      </dd>
    </div>
  );
}
