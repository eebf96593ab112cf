/** Balance, deposits in channels, receive, and what the wallet did. */
import { useState } from 'preact/hooks';
import type { View } from '../../messages.ts';
import { shortAddress } from '../format.ts';
import { errorText, t } from '../i18n.ts';
import { fire, send, view } from '../link.ts';
import { TEST } from '../testids.ts';
import { Amount } from './Amount.tsx';
import { ChannelList } from './ChannelList.tsx';
import { CopyButton } from './CopyButton.tsx';
import { History } from './History.tsx';
import { Icon } from './Icon.tsx';
import { QrCode } from './QrCode.tsx';
import { Unlock } from './Unlock.tsx';

export function WalletPanel({ onSetup }: { onSetup: () => void }) {
  const now = view.value;
  if (!now) return null;
  const { wallet } = now;
  if (!wallet.exists) return <NoWallet onSetup={onSetup} />;
  return (
    <section class="wallet" aria-label={t('wallet')}>
      <Balance view={now} />
      {wallet.backedUp ? null : (
        <p class="banner amber" data-testid={TEST.backupReminder}>
          <Icon name="alert" size={18} />
          <span>{t('backupReminder')}</span>
          <button type="button" class="button small" onClick={onSetup}>
            {t('backUp')}
          </button>
        </p>
      )}
      <Receive address={wallet.address ?? ''} />
      {wallet.unlocked ? null : <Unlock why={t('unlockWhy')} />}
      <ChannelList channels={wallet.channels} unlocked={wallet.unlocked} />
      <History entries={wallet.history} explorer={now.network?.explorer ?? null} />
    </section>
  );
}

function NoWallet({ onSetup }: { onSetup: () => void }) {
  return (
    <section class="empty">
      <Icon name="wallet" size={32} />
      <h2>{t('noWalletTitle')}</h2>
      <p>{t('noWalletText')}</p>
      <button type="button" class="button primary" onClick={onSetup}>
        {t('setUp')}
      </button>
    </section>
  );
}

function Balance({ view: { wallet, network } }: { view: View }) {
  const [problem, setProblem] = useState('');
  const refresh = () => {
    setProblem('');
    send<'wallet.refresh'>({ name: 'wallet.refresh' }).catch((error) => setProblem(errorText(error).message));
  };
  const inChannels = wallet.channels.reduce((sum, { deposit, spent }) => sum + rest(deposit, spent), 0n);
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
      <p class="problem" role="alert">
        {problem}
      </p>
    </div>
  );
}

function rest(deposit: string, spent: string): bigint {
  const left = BigInt(deposit) - BigInt(spent);
  return left > 0n ? left : 0n;
}

function Receive({ address }: { address: string }) {
  const [open, setOpen] = useState(false);
  return (
    <div class="card receive">
      <div class="receive-line">
        <code title={address}>{shortAddress(address)}</code>
        <CopyButton text={address} label={t('copy')} />
        <button
          type="button"
          class="button small"
          data-testid={TEST.receive}
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          <Icon name="qr" size={16} />
          {t('receive')}
        </button>
      </div>
      {open ? (
        <div class="receive-more">
          <QrCode text={address} label={t('qrLabel')} />
          <p class="full-address" data-testid={TEST.address}>
            {address}
          </p>
          <p class="note">
            {t('receiveNote', view.value?.network?.tokenSymbol ?? '', view.value?.network?.name ?? '')}
          </p>
        </div>
      ) : null}
    </div>
  );
}
