/** The password, where and when the wallet is needed. */
import { useState } from 'preact/hooks';
import { WarrenError } from '../../../shared/base/errors.ts';
import { useBorrowedFocus } from '../focus.ts';
import { errorText, t } from '../i18n.ts';
import { send } from '../link.ts';
import { TEST } from '../testids.ts';

interface Props {
  readonly why: string;
  /** It came because of something that the user pressed: the password can be typed at once. */
  readonly eager?: boolean;
  onDone?(): void;
}

export function Unlock({ why, eager = false, onDone }: Props) {
  const field = useBorrowedFocus<HTMLInputElement>(eager);
  const [password, setPassword] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setProblem('');
    try {
      await send<'wallet.unlock'>({ name: 'wallet.unlock', password });
      setPassword('');
      onDone?.();
    } catch (thrown) {
      setProblem(thrown instanceof WarrenError ? errorText(thrown).message : String(thrown));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form class="card unlock" onSubmit={submit}>
      <h2 class="card-title">{t('unlockTitle')}</h2>
      <p class="note">{why}</p>
      <label class="field">
        <span>{t('password')}</span>
        <input
          ref={field}
          type="password"
          class="input"
          autocomplete="current-password"
          data-testid={TEST.unlockPassword}
          value={password}
          aria-invalid={problem !== ''}
          aria-describedby="unlock-problem"
          onInput={(event) => setPassword(event.currentTarget.value)}
        />
      </label>
      <p id="unlock-problem" class="problem" role="alert" data-testid={TEST.unlockError}>
        {problem}
      </p>
      <button type="submit" class="button primary" data-testid={TEST.unlockSubmit} disabled={busy || password === ''}>
        {busy ? t('unlocking') : t('unlock')}
      </button>
    </form>
  );
}
