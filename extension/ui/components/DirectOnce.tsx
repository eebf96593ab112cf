/**
 * "Direct once": two clicks of a person on a page of ours, never one, and never a script's. What it means stands
 * between the two.
 */
import { useState } from 'preact/hooks';
import { PASS_MS } from '../../routing/passes.ts';
import { errorText, t } from '../i18n.ts';
import { send, view } from '../link.ts';
import { TEST } from '../testids.ts';

export function DirectOnce({ host, onGranted }: { host: string; onGranted: () => void }) {
  const [problem, setProblem] = useState('');
  const minutes = PASS_MS / 60_000;
  const grant = (event: Event) => {
    if (!event.isTrusted) return;
    send<'blocked.direct'>({ name: 'blocked.direct' })
      .then(onGranted)
      .catch((error) => setProblem(errorText(error).message));
  };
  return (
    <details class="card fold direct-once">
      <summary data-testid={TEST.directOnce}>{t('directOnce')}</summary>
      <div class="form">
        <p>{t('directOnceText', host, minutes)}</p>
        <p class="note">{t(view.value?.platform === 'firefox' ? 'directOnceFirefox' : 'directOnceChromium')}</p>
        <button type="button" class="button danger" data-testid={TEST.directOnceGo} onClick={grant}>
          {t('directOnceGo', host)}
        </button>
        <p class="problem" role="alert">
          {problem}
        </p>
      </div>
    </details>
  );
}
