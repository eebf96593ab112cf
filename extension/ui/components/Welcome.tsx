/** From install to the first routed page, in three screens: the program, the wallet, the way out. */
import { useEffect, useState } from 'preact/hooks';
import { t } from '../i18n.ts';
import { live, view } from '../link.ts';
import { TEST } from '../testids.ts';
import { FirstPage } from './FirstPage.tsx';
import { Setup } from './Setup.tsx';
import { WelcomeHost } from './WelcomeHost.tsx';

const SCREENS = ['host', 'wallet', 'page'] as const;
type Screen = (typeof SCREENS)[number];

export function Welcome() {
  const now = view.value;
  const [screen, setScreen] = useState<Screen | null>(null);
  // What was last seen may be from before there was a wallet.
  const status = live.value ? now?.host.status : undefined;
  const whole = now?.wallet.exists === true && now.wallet.backedUp;
  useEffect(() => {
    // Decided once, as soon as it is known; from then on the buttons lead.
    if (screen !== null || status === undefined || status === 'asleep' || status === 'starting') return;
    setScreen(status !== 'ready' ? 'host' : whole ? 'page' : 'wallet');
  }, [screen, status, whole]);
  const shown = screen ?? 'host';
  return (
    <div class="welcome" data-testid={TEST.welcome} data-state={shown}>
      <ol class="steps" aria-label={t('steps')}>
        {SCREENS.map((name, at) => (
          <li key={name} aria-current={name === shown ? 'step' : undefined} data-done={at < SCREENS.indexOf(shown)}>
            {t(`welcome_${name}`)}
          </li>
        ))}
      </ol>
      {shown === 'host' ? <WelcomeHost onDone={() => setScreen(whole ? 'page' : 'wallet')} /> : null}
      {shown === 'wallet' ? <Setup leave={t('next')} onLeave={() => setScreen('page')} /> : null}
      {shown === 'page' ? <FirstPage onWallet={() => setScreen('wallet')} /> : null}
    </div>
  );
}
