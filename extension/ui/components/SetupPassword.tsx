/** Choosing the password of a new wallet, and asking for it again before words are shown. */
import { useState } from 'preact/hooks';
import type { CommandResults } from '../../messages.ts';
import { errorText, t } from '../i18n.ts';
import { send } from '../link.ts';
import { TEST } from '../testids.ts';
import { StepTitle } from './StepTitle.tsx';

export const MIN_LENGTH = 8;
type Revealed = CommandResults['wallet.create'];

export function PasswordForm({ onDone }: { onDone: (revealed: Revealed) => void }) {
  const [passwords, setPasswords] = useState<Passwords>({ first: '', second: '' });
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const submit = (event: Event) => {
    event.preventDefault();
    setBusy(true);
    send<'wallet.create'>({ name: 'wallet.create', password: passwords.first })
      .then(onDone)
      .catch((error) => setProblem(errorText(error).message))
      .finally(() => setBusy(false));
  };
  return (
    <form class="setup-form" onSubmit={submit}>
      <StepTitle>{t('passwordTitle')}</StepTitle>
      <p class="lead">{t('passwordText')}</p>
      <PasswordFields passwords={passwords} onChange={setPasswords} />
      <p class="problem" role="alert">
        {problem}
      </p>
      <button
        type="submit"
        class="button primary large"
        data-testid={TEST.passwordSubmit}
        disabled={busy || passwordProblem(passwords) !== null}
      >
        {busy ? t('encrypting') : t('next')}
      </button>
    </form>
  );
}

export interface Passwords {
  readonly first: string;
  readonly second: string;
}

/** null when the pair may be used. */
export function passwordProblem({ first, second }: Passwords): 'short' | 'different' | null {
  if (first.length < MIN_LENGTH) return 'short';
  return first === second ? null : 'different';
}

export function PasswordFields({
  passwords,
  onChange,
}: {
  passwords: Passwords;
  onChange: (passwords: Passwords) => void;
}) {
  const problem = passwordProblem(passwords);
  const typed = passwords.second !== '';
  return (
    <>
      <label class="field">
        <span>{t('password')}</span>
        <input
          type="password"
          class="input"
          autocomplete="new-password"
          data-testid={TEST.passwordNew}
          value={passwords.first}
          aria-describedby="password-hint"
          onInput={(event) => onChange({ ...passwords, first: event.currentTarget.value })}
        />
      </label>
      <label class="field">
        <span>{t('passwordRepeat')}</span>
        <input
          type="password"
          class="input"
          autocomplete="new-password"
          data-testid={TEST.passwordRepeat}
          value={passwords.second}
          aria-invalid={typed && problem === 'different'}
          aria-describedby="password-hint"
          onInput={(event) => onChange({ ...passwords, second: event.currentTarget.value })}
        />
      </label>
      <p id="password-hint" class="note" aria-live="polite">
        {typed && problem === 'different' ? t('passwordDifferent') : t('passwordHint', MIN_LENGTH)}
      </p>
    </>
  );
}

interface RevealProps {
  readonly title: string;
  readonly text: string;
  onDone(revealed: Revealed): void;
  /** Absent where there is nothing to go back to. */
  onCancel?(): void;
}

export function RevealForm({ title, text, onDone, onCancel }: RevealProps) {
  const [password, setPassword] = useState('');
  const [problem, setProblem] = useState('');
  const submit = async (event: Event) => {
    event.preventDefault();
    setProblem('');
    try {
      const revealed = await send<'wallet.reveal'>({ name: 'wallet.reveal', password });
      await send<'wallet.unlock'>({ name: 'wallet.unlock', password });
      onDone(revealed);
    } catch (error) {
      setProblem(errorText(error as Parameters<typeof errorText>[0]).message);
    }
  };
  return (
    <form class="setup-form" onSubmit={submit}>
      <StepTitle>{title}</StepTitle>
      <p class="lead">{text}</p>
      <label class="field">
        <span>{t('password')}</span>
        <input
          type="password"
          class="input"
          autocomplete="current-password"
          data-testid={TEST.unlockPassword}
          value={password}
          onInput={(event) => setPassword(event.currentTarget.value)}
        />
      </label>
      <p class="problem" role="alert">
        {problem}
      </p>
      <div class="setup-buttons">
        <button type="submit" class="button primary large" data-testid={TEST.unlockSubmit} disabled={password === ''}>
          {t('showWords')}
        </button>
        {onCancel ? (
          <button type="button" class="button large" onClick={onCancel}>
            {t('cancel')}
          </button>
        ) : null}
      </div>
    </form>
  );
}
