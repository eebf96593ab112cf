/** The first screen: is the program there? Looks again by itself every other second, so that nobody has to come back. */

import { Mark } from '../../../shared/ui/Mark.tsx';
import { browser } from '../../browser.ts';
import { t } from '../i18n.ts';
import { fire, view } from '../link.ts';
import { TEST } from '../testids.ts';
import { HostHelp, troubleOf } from './ErrorScreen.tsx';
import { Icon } from './Icon.tsx';
import { InstallWays } from './InstallWays.tsx';

export function WelcomeHost({ onDone }: { onDone: () => void }) {
  const now = view.value;
  if (!now) return null;
  const { status, version } = now.host;
  const trouble = troubleOf(now);
  const ready = status === 'ready';
  return (
    <section class="setup-form" data-testid={TEST.welcomeHost} data-state={status}>
      <h1>{t('welcomeTitle')}</h1>
      <p class="lead">{t('welcomeText')}</p>
      {trouble ? null : <p>{t('welcomeHostText')}</p>}
      <div class="card host-card" aria-live="polite">
        <div class="host-state">
          {ready ? (
            <span class="check-mark ok">
              <Icon name="check" size={18} />
            </span>
          ) : (
            <Mark size={22} />
          )}
          <strong>{ready ? t('hostFound', version ?? '') : (trouble?.title ?? t('hostLooking'))}</strong>
        </div>
        {!ready && trouble ? <p>{trouble.text}</p> : null}
        {!ready && trouble?.install ? <InstallWays /> : null}
        {!ready && trouble ? <p class="note">{t('checksByItself')}</p> : null}
      </div>
      {ready ? null : <HostHelp status={status} id={browser.runtime.id} />}
      <div class="setup-buttons">
        <button
          type="button"
          class="button primary large"
          data-testid={TEST.welcomeNext}
          disabled={!ready}
          onClick={onDone}
        >
          {t('next')}
        </button>
        {ready ? null : (
          <>
            <button type="button" class="button large" onClick={() => fire({ name: 'host.retry' })}>
              {t('checkAgain')}
            </button>
            <button type="button" class="button quiet large" data-testid={TEST.welcomeSkip} onClick={onDone}>
              {t('goOnWithout')}
            </button>
          </>
        )}
      </div>
    </section>
  );
}
