/** The seed words, covered until asked for, and the quiz that proves they were written down. */
import { useEffect, useState } from 'preact/hooks';
import type { CommandResults } from '../../messages.ts';
import { errorText, t } from '../i18n.ts';
import { send } from '../link.ts';
import { TEST } from '../testids.ts';
import { LiteralField } from './LiteralField.tsx';
import { SeedSafety } from './SeedSafety.tsx';
import { StepTitle } from './StepTitle.tsx';

interface WordsProps {
  readonly revealed: CommandResults['wallet.create'];
  readonly title: string;
  /** On the button that leads on. */
  readonly done: string;
  onDone(): void;
}

export function Words({ revealed, title, done, onDone }: WordsProps) {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    // Nobody looks at this tab any more: nor shall a passer-by, or a recording of the screen.
    const cover = () => {
      if (document.hidden) setShown(false);
    };
    document.addEventListener('visibilitychange', cover);
    return () => document.removeEventListener('visibilitychange', cover);
  }, []);
  const words = revealed.phrase.split(' ');
  return (
    <div class="setup-form wide">
      <StepTitle>{title}</StepTitle>
      <p class="lead">{t('wordsText')}</p>
      <div class={`words ${shown ? '' : 'covered'}`}>
        <ol class="word-grid" aria-hidden={!shown}>
          {words.map((word, index) => (
            <li key={`${index}-${word}`}>
              <span class="word" data-testid={TEST.seedWord} data-index={index}>
                {shown ? word : '••••••'}
              </span>
            </li>
          ))}
        </ol>
        {shown ? null : (
          <button type="button" class="button uncover" data-testid={TEST.seedReveal} onClick={() => setShown(true)}>
            {t('uncover')}
          </button>
        )}
      </div>
      <p class="note">{t('wordsNote')}</p>
      <SeedSafety />
      <button
        type="button"
        class="button primary large"
        data-testid={TEST.seedWritten}
        disabled={!shown}
        onClick={onDone}
      >
        {done}
      </button>
    </div>
  );
}

interface QuizProps {
  readonly positions: readonly number[];
  onBack(): void;
  onDone(): void;
}

export function Quiz({ positions, onBack, onDone }: QuizProps) {
  const [answers, setAnswers] = useState<Record<number, string>>({});
  const [problem, setProblem] = useState('');
  const submit = async (event: Event) => {
    event.preventDefault();
    const given = positions.map((index) => ({ index, word: answers[index] ?? '' }));
    try {
      const { passed } = await send<'wallet.confirmBackup'>({ name: 'wallet.confirmBackup', answers: given });
      if (passed) onDone();
      else setProblem(t('quizWrong'));
    } catch (error) {
      setProblem(errorText(error as Parameters<typeof errorText>[0]).message);
    }
  };
  return (
    <form class="setup-form" onSubmit={submit}>
      <StepTitle>{t('quizTitle')}</StepTitle>
      <p class="lead">{t('quizText')}</p>
      {positions.map((index) => (
        <LiteralField
          key={index}
          index={index}
          label={t('wordNumber', index + 1)}
          testid={TEST.quizInput}
          value={answers[index] ?? ''}
          onText={(word) => setAnswers({ ...answers, [index]: word })}
        />
      ))}
      <p class="problem" role="alert">
        {problem}
      </p>
      <div class="setup-buttons">
        <button type="button" class="button large" onClick={onBack}>
          {t('seeAgain')}
        </button>
        <button type="submit" class="button primary large" data-testid={TEST.quizSubmit}>
          {t('check')}
        </button>
      </div>
    </form>
  );
}
