/** A new password for the vault, against the old one. */
import { useState } from 'preact/hooks';
import { errorText, t } from '../i18n.ts';
import { send } from '../link.ts';
import { TEST } from '../testids.ts';
import { PasswordFields, type Passwords, passwordProblem } from './SetupPassword.tsx';

const NONE: Passwords = { first: '', second: '' };

export function ChangePassword() {
  const [old, setOld] = useState('');
  const [passwords, setPasswords] = useState(NONE);
  const [said, setSaid] = useState<'' | 'busy' | 'done'>('');
  const [problem, setProblem] = useState('');
  const submit = (event: Event) => {
    event.preventDefault();
    setProblem('');
    setSaid('busy');
    send<'wallet.changePassword'>({ name: 'wallet.changePassword', password: old, next: passwords.first })
      .then(() => setSaid('done'))
      .catch((error) => {
        setSaid('');
        setProblem(errorText(error).message);
      })
      .finally(() => {
        setOld('');
        setPasswords(NONE);
      });
  };
  return (
    <details class="card fold">
      <summary data-testid={TEST.changePassword}>{t('changePassword')}</summary>
      <form class="setup-form" onSubmit={submit}>
        <label class="field">
          <span>{t('passwordNow')}</span>
          <input
            type="password"
            class="input"
            autocomplete="current-password"
            data-testid={TEST.passwordOld}
            value={old}
            onInput={(event) => setOld(event.currentTarget.value)}
          />
        </label>
        <PasswordFields passwords={passwords} onChange={setPasswords} />
        <p class="problem" role="alert">
          {problem}
        </p>
        <p class="note" role="status" data-testid={TEST.passwordChanged}>
          {said === 'done' ? t('passwordChanged') : ''}
        </p>
        <button
          type="submit"
          class="button primary"
          data-testid={TEST.changePasswordSubmit}
          disabled={said === 'busy' || old === '' || passwordProblem(passwords) !== null}
        >
          {said === 'busy' ? t('encrypting') : t('changePassword')}
        </button>
      </form>
    </details>
  );
}
