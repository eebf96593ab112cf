/** From nothing to a wallet that is backed up: password, words, quiz. The words live only in this form's state. */
import { useEffect, useState } from 'preact/hooks';
import { Mark } from '../../../shared/ui/Mark.tsx';
import type { CommandResults } from '../../messages.ts';
import { t } from '../i18n.ts';
import { view } from '../link.ts';
import { TEST } from '../testids.ts';
import { ImportForm } from './SetupImport.tsx';
import { PasswordForm, RevealForm } from './SetupPassword.tsx';
import { Quiz, Words } from './SetupWords.tsx';
import { StepTitle } from './StepTitle.tsx';

type Revealed = CommandResults['wallet.create'];
type Step =
  | { readonly name: 'choose' | 'password' | 'import' | 'reveal' | 'done' }
  | { readonly name: 'words' | 'quiz'; readonly revealed: Revealed };

const ORDER = ['password', 'words', 'quiz'] as const;

export function Setup({ onLeave, leave }: { onLeave: () => void; leave: string }) {
  const wallet = view.value?.wallet;
  const [step, setStep] = useState<Step>({ name: 'choose' });
  const started = step.name !== 'choose';
  useEffect(() => {
    if (!started && wallet?.exists) setStep({ name: wallet.backedUp ? 'done' : 'reveal' });
  }, [wallet?.exists, wallet?.backedUp, started]);
  const at = ORDER.indexOf(step.name as (typeof ORDER)[number]);
  return (
    <section class="setup">
      {at >= 0 ? (
        <ol class="steps" aria-label={t('steps')}>
          {ORDER.map((name, i) => (
            <li key={name} aria-current={i === at ? 'step' : undefined} data-done={i < at}>
              {t(`step_${name}`)}
            </li>
          ))}
        </ol>
      ) : null}
      {step.name === 'choose' ? <Choose onStep={setStep} /> : null}
      {step.name === 'password' ? <PasswordForm onDone={(revealed) => setStep({ name: 'words', revealed })} /> : null}
      {step.name === 'reveal' ? (
        <RevealForm
          title={t('revealTitle')}
          text={t('revealText')}
          onDone={(revealed) => setStep({ name: 'words', revealed })}
        />
      ) : null}
      {step.name === 'import' ? <ImportForm onDone={() => setStep({ name: 'done' })} /> : null}
      {step.name === 'words' ? (
        <Words
          revealed={step.revealed}
          title={t('wordsTitle')}
          done={t('wroteThem')}
          onDone={() => setStep({ name: 'quiz', revealed: step.revealed })}
        />
      ) : null}
      {step.name === 'quiz' ? (
        <Quiz
          positions={step.revealed.quiz}
          onBack={() => setStep({ name: 'words', revealed: step.revealed })}
          onDone={() => setStep({ name: 'done' })}
        />
      ) : null}
      {step.name === 'done' ? (
        <div class="setup-done" data-testid={TEST.setupDone}>
          <Mark size={56} />
          <StepTitle>{t('setupDoneTitle')}</StepTitle>
          <p>{t('setupDoneText', view.value?.network?.tokenSymbol ?? 'MYST')}</p>
          <button type="button" class="button primary" data-testid={TEST.setupLeave} onClick={onLeave}>
            {leave}
          </button>
        </div>
      ) : null}
    </section>
  );
}

function Choose({ onStep }: { onStep: (step: Step) => void }) {
  return (
    <div class="setup-choose">
      <Mark size={64} />
      <h1>{t('chooseTitle')}</h1>
      <p class="lead">{t('chooseText')}</p>
      <div class="setup-buttons">
        <button
          type="button"
          class="button primary large"
          data-testid={TEST.setupCreate}
          onClick={() => onStep({ name: 'password' })}
        >
          {t('createWallet')}
        </button>
        <button
          type="button"
          class="button large"
          data-testid={TEST.setupImport}
          onClick={() => onStep({ name: 'import' })}
        >
          {t('importWallet')}
        </button>
      </div>
    </div>
  );
}
