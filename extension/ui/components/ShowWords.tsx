/** The seed words once more, for a wallet that is set up: against the password, and gone with the page. */
import { useState } from 'preact/hooks';
import type { CommandResults } from '../../messages.ts';
import { t } from '../i18n.ts';
import { RevealForm } from './SetupPassword.tsx';
import { Words } from './SetupWords.tsx';

export function ShowWords({ onLeave }: { onLeave: () => void }) {
  const [revealed, setRevealed] = useState<CommandResults['wallet.reveal'] | null>(null);
  return (
    <section class="setup">
      {revealed ? (
        <Words revealed={revealed} title={t('wordsAgainTitle')} done={t('done')} onDone={onLeave} />
      ) : (
        <RevealForm title={t('wordsAgainTitle')} text={t('revealText')} onDone={setRevealed} onCancel={onLeave} />
      )}
    </section>
  );
}
