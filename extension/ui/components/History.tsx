/** What the wallet did and what the chain recorded of it, newest first, with its standing; as a file, too. */
import { useState } from 'preact/hooks';
import type { HistoryEntry, HistoryKind, WalletView } from '../../messages.ts';
import { DIRECTION } from '../../wallet/ledger-csv.ts';
import { countryName, shortAddress, when } from '../format.ts';
import { errorText, type Key, t } from '../i18n.ts';
import { fire, send, view } from '../link.ts';
import { save } from '../save-file.ts';
import { TEST } from '../testids.ts';
import { Amount } from './Amount.tsx';

const WORDS: Record<HistoryKind, Key> = {
  open: 'didOpen',
  topUp: 'didTopUp',
  claim: 'didClaim',
  requestClose: 'didClose',
  withdraw: 'didWithdraw',
  refund: 'didRefund',
  received: 'didReceive',
  sent: 'didSend',
  send: 'didSend',
  sendCoin: 'didSend',
  approve: 'didApprove',
};
const SIGN = { in: '+', out: '−', paid: '', none: '' } as const;
const SHORT = 5;

interface Props {
  readonly wallet: WalletView;
  readonly explorer: string | null;
  readonly short: boolean;
}

export function History({ wallet, explorer, short }: Props) {
  const [older, setOlder] = useState<readonly HistoryEntry[]>([]);
  const newest = short ? wallet.history.slice(0, SHORT) : wallet.history;
  const known = new Set(newest.map(({ id }) => id));
  const entries = short ? newest : [...newest, ...older.filter(({ id }) => !known.has(id))];
  const more = () =>
    send<'wallet.older'>({ name: 'wallet.older', skip: entries.length }).then(
      (answer) => setOlder([...older, ...answer.entries]),
      () => {},
    );
  return (
    <section>
      <div class="section-head">
        <h2 class="section-title">{t('history')}</h2>
        {short || wallet.historyTotal === 0 ? null : <Csv />}
      </div>
      {entries.length === 0 ? <p class="note">{t('historyNone')}</p> : null}
      <ul class="list">
        {entries.map((entry) => (
          <Row key={entry.id} entry={entry} explorer={explorer} unlocked={wallet.unlocked} />
        ))}
      </ul>
      {short || entries.length >= wallet.historyTotal ? null : (
        <button type="button" class="button quiet" data-testid={TEST.historyMore} onClick={() => void more()}>
          {t('historyOlder', wallet.historyTotal - entries.length)}
        </button>
      )}
    </section>
  );
}

function Csv() {
  const [problem, setProblem] = useState('');
  const make = () => {
    setProblem('');
    send<'wallet.csv'>({ name: 'wallet.csv' }).then(
      ({ text }) => save(`warren-${new Date().toISOString().slice(0, 10)}.csv`, 'text/csv', text),
      (error) => setProblem(errorText(error).message),
    );
  };
  return (
    <>
      <span class="problem" role="alert">
        {problem}
      </span>
      <button type="button" class="button small" data-testid={TEST.historyCsv} onClick={make}>
        {t('exportCsv')}
      </button>
    </>
  );
}

function Row({ entry, explorer, unlocked }: { entry: HistoryEntry; explorer: string | null; unlocked: boolean }) {
  const { id, kind, amount, status, hash, reason } = entry;
  const direction = DIRECTION[kind];
  const title = t(WORDS[kind], whom(entry));
  return (
    <li class="row" data-testid={TEST.historyRow} data-key={id} data-kind={kind} data-state={status}>
      <div class="row-main">
        <div class="row-title">
          {explorer && hash ? (
            <a href={`${explorer.replace(/\/$/, '')}/tx/${hash}`} target="_blank" rel="noreferrer">
              {title}
            </a>
          ) : (
            title
          )}
          {entry.auto ? <span class="row-aside">{t('automatic')}</span> : null}
        </div>
        <div class="row-sub">
          <span>
            {when(entry.at, Date.now())} · {standing(entry)}
            {entry.fee === null ? null : (
              <>
                {' · '}
                {t('fee')} <Amount wei={entry.fee} coin digits={6} />
              </>
            )}
          </span>
        </div>
        {reason === null ? null : (
          <div class="row-todo clip">{reason === 'replaced' ? t('failedReplaced') : t('failedBecause', reason)}</div>
        )}
      </div>
      {entry.retry ? (
        <button
          type="button"
          class="button small"
          data-testid={TEST.historyRetry}
          disabled={!unlocked}
          onClick={() => fire({ name: 'wallet.retry', id })}
        >
          {t('tryAgain')}
        </button>
      ) : null}
      <span class={`figure ${direction === 'in' ? 'plus' : ''}`}>
        {direction === 'none' ? null : (
          <>
            {SIGN[direction]}
            <Amount wei={amount} coin={kind === 'sendCoin'} />
          </>
        )}
      </span>
    </li>
  );
}

function whom({ counterparty, country, payee }: HistoryEntry): string {
  if (counterparty) return shortAddress(counterparty);
  if (country) return countryName(country);
  return payee ? shortAddress(payee) : t('aNode');
}

function standing({ status, confirmations }: HistoryEntry): string {
  if (status === 'failed') return t('failed');
  if (status === 'confirmed') return t('confirmed');
  return confirmations === 0 ? t('pending') : t('pendingOf', confirmations, view.value?.network?.confirmations ?? 1);
}
