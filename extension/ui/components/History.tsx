/** What the wallet did, newest first, with its standing on the chain. */
import type { HistoryEntry } from '../../messages.ts';
import { countryName, when } from '../format.ts';
import { t } from '../i18n.ts';
import { view } from '../link.ts';
import { TEST } from '../testids.ts';
import { Amount } from './Amount.tsx';

const WORDS = {
  open: 'didOpen',
  topUp: 'didTopUp',
  requestClose: 'didClose',
  withdraw: 'didWithdraw',
  refund: 'didRefund',
} as const;

export function History({ entries, explorer }: { entries: readonly HistoryEntry[]; explorer: string | null }) {
  return (
    <section>
      <h2 class="section-title">{t('history')}</h2>
      {entries.length === 0 ? <p class="note">{t('historyNone')}</p> : null}
      <ul class="list">
        {entries.map((entry) => (
          <Row key={entry.id} entry={entry} explorer={explorer} />
        ))}
      </ul>
    </section>
  );
}

function Row({ entry, explorer }: { entry: HistoryEntry; explorer: string | null }) {
  const { kind, country, amount, status, hash } = entry;
  const incoming = kind === 'refund' || kind === 'withdraw';
  const title = t(WORDS[kind], country ? countryName(country) : t('aNode'));
  return (
    <li class="row" data-testid={TEST.historyRow} data-key={entry.id} data-kind={kind} data-state={status}>
      <div class="row-main">
        <div class="row-title">
          {explorer && hash ? (
            <a href={`${explorer.replace(/\/$/, '')}/tx/${hash}`} target="_blank" rel="noreferrer">
              {title}
            </a>
          ) : (
            title
          )}
        </div>
        <div class="row-sub">
          {when(entry.at, Date.now())} · {standing(entry)}
        </div>
        {entry.reason === null ? null : <div class="row-todo clip">{t('failedBecause', entry.reason)}</div>}
      </div>
      <span class={`figure ${incoming ? 'plus' : ''}`}>
        {kind === 'requestClose' ? null : (
          <>
            {incoming ? '+' : '−'}
            <Amount wei={amount} />
          </>
        )}
      </span>
    </li>
  );
}

function standing({ status, confirmations }: HistoryEntry): string {
  if (status === 'failed') return t('failed');
  if (status === 'confirmed') return t('confirmed');
  return confirmations === 0 ? t('pending') : t('pendingOf', confirmations, view.value?.network?.confirmations ?? 1);
}
