/** An existing seed: words, a password for this browser, and whether another device uses the seed too. */
import { useState } from 'preact/hooks';
import { errorText, t } from '../i18n.ts';
import { send } from '../link.ts';
import { TEST } from '../testids.ts';
import { LiteralField } from './LiteralField.tsx';
import { SeedSafety } from './SeedSafety.tsx';
import { PasswordFields, type Passwords, passwordProblem } from './SetupPassword.tsx';
import { StepTitle } from './StepTitle.tsx';

export function ImportForm({ onDone }: { onDone: () => void }) {
  const [phrase, setPhrase] = useState('');
  const [passwords, setPasswords] = useState<Passwords>({ first: '', second: '' });
  const [otherDevice, setOtherDevice] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const submit = (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setProblem('');
    send<'wallet.import'>({ name: 'wallet.import', phrase, password: passwords.first, otherDevice })
      .then(() => {
        setPhrase('');
        onDone();
      })
      .catch((error) => setProblem(errorText(error).message))
      .finally(() => setBusy(false));
  };
  return (
    <form class="setup-form" onSubmit={submit}>
      <StepTitle>{t('importTitle')}</StepTitle>
      <p class="lead">{t('importText')}</p>
      <LiteralField label={t('seedWords')} testid={TEST.importWords} rows={3} value={phrase} onText={setPhrase} />
      <SeedSafety />
      <PasswordFields passwords={passwords} onChange={setPasswords} />
      <label class="check">
        <input
          type="checkbox"
          checked={otherDevice}
          onChange={(event) => setOtherDevice(event.currentTarget.checked)}
        />
        {t('otherDevice')}
      </label>
      <p class="problem" role="alert">
        {problem}
      </p>
      <button
        type="submit"
        class="button primary large"
        data-testid={TEST.passwordSubmit}
        disabled={busy || phrase.trim() === '' || passwordProblem(passwords) !== null}
      >
        {busy ? t('encrypting') : t('importTitle')}
      </button>
    </form>
  );
}
