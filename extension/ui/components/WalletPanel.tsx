/** The wallet: money, deposits, and what it did. The popup shows the short form, the page all of it. */
import { t } from '../i18n.ts';
import { view } from '../link.ts';
import { openPage } from '../open-page.ts';
import { TEST } from '../testids.ts';
import { AutoTopUp } from './AutoTopUp.tsx';
import { Balance } from './Balance.tsx';
import { ChannelList } from './ChannelList.tsx';
import { History } from './History.tsx';
import { Icon } from './Icon.tsx';
import { Receive } from './Receive.tsx';
import { SendForm } from './SendForm.tsx';
import { Unlock } from './Unlock.tsx';
import { WalletSettings } from './WalletSettings.tsx';

export function WalletPanel({ onSetup, short = false }: { onSetup: () => void; short?: boolean }) {
  const now = view.value;
  if (!now) return null;
  const { wallet, network } = now;
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
      {short || !wallet.unlocked || !network ? null : <SendForm wallet={wallet} network={network} />}
      <ChannelList wallet={wallet} />
      {short || !network ? null : <AutoTopUp wallet={wallet} network={network} />}
      {short ? null : <WalletSettings wallet={wallet} />}
      <History wallet={wallet} explorer={network?.explorer ?? null} short={short} />
      {short ? (
        <button type="button" class="button quiet" data-testid={TEST.walletPage} onClick={() => openPage('wallet')}>
          {t('walletPage')}
        </button>
      ) : null}
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
