/** The wallet leaves this computer. What brings it back are the words alone, so the way there is made slow. */
import { useState } from 'preact/hooks';
import { errorText, t } from '../i18n.ts';
import { send, view } from '../link.ts';
import { TEST } from '../testids.ts';
import { Address } from './Address.tsx';
import { LiteralField } from './LiteralField.tsx';

const TAIL = 4;

export function EraseWallet({ address }: { address: string }) {
  const [tail, setTail] = useState('');
  const [problem, setProblem] = useState('');
  const wallet = view.value?.wallet;
  const submit = (event: Event) => {
    event.preventDefault();
    setProblem('');
    send<'wallet.erase'>({ name: 'wallet.erase', tail }).catch((error) =>
      setProblem(`${errorText(error).message} ${errorText(error).action}`),
    );
  };
  return (
    <details class="card fold">
      <summary data-testid={TEST.erase}>{t('eraseWallet')}</summary>
      <form class="setup-form" onSubmit={submit}>
        <p>{t('eraseText')}</p>
        {wallet?.backedUp ? null : <p class="banner clay">{t('eraseNotBackedUp')}</p>}
        {wallet?.channels.some(({ exists }) => exists) ? <p class="banner amber">{t('eraseDeposits')}</p> : null}
        <Address address={address} />
        <LiteralField
          narrow
          label={t('eraseConfirm')}
          testid={TEST.eraseTail}
          maxLength={TAIL}
          value={tail}
          onText={setTail}
        />
        <p class="problem" role="alert">
          {problem}
        </p>
        <button
          type="submit"
          class="button danger"
          data-testid={TEST.eraseSubmit}
          disabled={tail.toLowerCase() !== address.slice(-TAIL).toLowerCase()}
        >
          {t('eraseWallet')}
        </button>
      </form>
    </details>
  );
}
