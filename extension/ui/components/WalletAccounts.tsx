/** The accounts of the seed: one pays at a time. */
import { useState } from 'preact/hooks';
import type { WalletView } from '../../messages.ts';
import { shortAddress } from '../format.ts';
import { errorText, t } from '../i18n.ts';
import { send } from '../link.ts';
import { TEST } from '../testids.ts';
import { Icon } from './Icon.tsx';

export function WalletAccounts({ wallet }: { wallet: WalletView }) {
  const [problem, setProblem] = useState('');
  const run = (sent: Promise<unknown>) => {
    setProblem('');
    sent.catch((error) => setProblem(`${errorText(error).message} ${errorText(error).action}`));
  };
  return (
    <fieldset class="accounts">
      <legend>{t('accounts')}</legend>
      {wallet.accounts.map((address, index) => (
        <label key={address} class="check" data-testid={TEST.account} data-key={address}>
          <input
            type="radio"
            name="account"
            checked={index === wallet.activeAccount}
            onChange={() => run(send<'wallet.useAccount'>({ name: 'wallet.useAccount', index }))}
          />
          {t('accountNumber', index + 1)} <code>{shortAddress(address)}</code>
        </label>
      ))}
      <button
        type="button"
        class="button small"
        data-testid={TEST.accountAdd}
        disabled={!wallet.unlocked}
        onClick={() => run(send<'wallet.addAccount'>({ name: 'wallet.addAccount' }))}
      >
        <Icon name="plus" size={16} />
        {t('addAccount')}
      </button>
      <p class="note">{t('accountsNote')}</p>
      <p class="problem" role="alert" data-testid={TEST.accountProblem}>
        {problem}
      </p>
    </fieldset>
  );
}
