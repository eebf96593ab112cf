/** What is set up once in a while: accounts, lock, password, the words again, and the end of the wallet here. */
import type { WalletView } from '../../messages.ts';
import { t } from '../i18n.ts';
import { fire, view } from '../link.ts';
import { TEST } from '../testids.ts';
import { ChangePassword } from './ChangePassword.tsx';
import { EraseWallet } from './EraseWallet.tsx';
import { WalletAccounts } from './WalletAccounts.tsx';

const LOCK_CHOICES = [5, 15, 60, 240, 0];

export function WalletSettings({ wallet }: { wallet: WalletView }) {
  const settings = view.value?.settings;
  if (!settings) return null;
  return (
    <section class="wallet-settings">
      <h2 class="section-title">{t('settings')}</h2>
      <WalletAccounts wallet={wallet} />
      <label class="field narrow">
        <span>{t('autoLock')}</span>
        <select
          class="input"
          data-testid={TEST.autoLock}
          value={String(settings.autoLockMinutes)}
          onChange={(event) => fire({ name: 'settings', autoLockMinutes: Number(event.currentTarget.value) })}
        >
          {LOCK_CHOICES.map((minutes) => (
            <option key={minutes} value={String(minutes)}>
              {minutes === 0 ? t('lockNever') : t('minutes', minutes)}
            </option>
          ))}
        </select>
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={settings.closeChannels}
          onChange={(event) => fire({ name: 'settings', closeChannels: event.currentTarget.checked })}
        />
        {t('closeChannels')}
      </label>
      <ChangePassword />
      <div class="setup-buttons">
        <a class="button" href="#/words" data-testid={TEST.showSeed}>
          {t('showSeedAgain')}
        </a>
      </div>
      <EraseWallet address={wallet.accounts[0] ?? ''} />
    </section>
  );
}
