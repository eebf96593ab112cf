/** The main view: switch, state, exits, traffic, money, this site. */
import { useState } from 'preact/hooks';
import { Flag } from '../../../shared/ui/Flag.tsx';
import type { View } from '../../messages.ts';
import { actionText } from '../actions.ts';
import { Burrow, stateWord } from '../components/Burrow.tsx';
import { ExitList } from '../components/ExitList.tsx';
import { isGone } from '../components/ExitNews.tsx';
import { LiveExit } from '../components/LiveExit.tsx';
import { Traffic } from '../components/Traffic.tsx';
import { Unlock } from '../components/Unlock.tsx';
import { countryName } from '../format.ts';
import { t } from '../i18n.ts';
import { fire } from '../link.ts';
import { openPage } from '../open-page.ts';
import { TEST } from '../testids.ts';

interface Props {
  readonly view: View;
  onTab(tab: 'nodes' | 'wallet'): void;
}

export function ConnectTab({ view, onTab }: Props) {
  const [unlocking, setUnlocking] = useState(false);
  const { protection, wallet } = view;
  const on = protection.state !== 'off';
  const toggle = () => {
    if (on) fire({ name: 'protect', on: false });
    else if (!wallet.exists) openPage('welcome');
    else if (!wallet.unlocked) setUnlocking(true);
    else fire({ name: 'protect', on: true });
  };
  return (
    <>
      <section class="hero" data-state={protection.state}>
        <Burrow state={protection.state} on={on} onToggle={toggle} />
        <div aria-live="polite" aria-atomic="true">
          <h2 class="state-word" data-testid={TEST.stateText} data-state={protection.state} elementtiming="state">
            {stateWord(protection.state)}
          </h2>
          <p class="state-detail" data-testid={TEST.stateDetail}>
            {detail(view)}
          </p>
        </div>
      </section>
      {unlocking && !wallet.unlocked ? (
        <Unlock
          eager
          why={t('unlockToConnect')}
          onDone={() => {
            setUnlocking(false);
            fire({ name: 'protect', on: true });
          }}
        />
      ) : null}
      {on && view.unlockNeeded ? <Unlock why={t('unlockToPay')} /> : null}
      <NoFunds view={view} onWallet={() => onTab('wallet')} />
      <ExitList exits={view.exits} />
      {on || view.exits.some((exit) => exit.phase === 'closing') ? (
        <>
          <Traffic view={view} />
          <About view={view} />
        </>
      ) : (
        <ChosenExit view={view} onChange={() => onTab('nodes')} />
      )}
    </>
  );
}

/** Drawn when it is opened: the popup's first picture does not wait for what nobody sees yet. */
function About({ view }: { view: View }) {
  const [open, setOpen] = useState(false);
  return (
    <details class="about" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary data-testid={TEST.about}>{t('aboutConnection')}</summary>
      {open ? (
        <div class="live">
          {view.exits.map((exit) => (
            <LiveExit key={exit.exitId} exit={exit} facts={view.host.facts} />
          ))}
        </div>
      ) : null}
    </details>
  );
}

function detail(view: View): string {
  const { protection, approvals, exits } = view;
  switch (protection.state) {
    case 'off':
      if (exits.some((exit) => exit.phase === 'closing')) return t('detailClosing');
      return view.wallet.exists ? t('detailOff') : t('detailNoWallet');
    case 'connecting':
      if (approvals.length === 0 && exits.some(isGone)) return t('detailLost');
      return approvals.length > 0 ? t('detailApproval') : t('detailConnecting', protection.up, protection.total);
    case 'blocked':
      if (protection.up === 0) return t('detailAllBlocked');
      return t('detailBlocked', protection.up, protection.total);
    case 'protected':
      return view.applied === 'noFloor' ? t('detailNoFloor') : t('detailProtected', view.exits.length);
  }
}

function ChosenExit({ view, onChange }: { view: View; onChange: () => void }) {
  const exit = view.routes.defaultExit;
  return (
    <button type="button" class="row chosen" onClick={onChange}>
      {'country' in exit ? <Flag code={exit.country} size={22} /> : <span class="flag-gap" />}
      <span class="row-main">
        <span class="row-sub">{t('yourExit')}</span>
        <span class="row-title">
          {exit.kind === 'node' ? countryName(exit.country) : actionText(exit)}
          {exit.kind === 'node' && exit.label ? <span class="row-aside">{exit.label}</span> : null}
        </span>
      </span>
      <span class="link">{t('change')}</span>
    </button>
  );
}

function NoFunds({ view, onWallet }: { view: View; onWallet: () => void }) {
  const { wallet, network } = view;
  if (!wallet.exists || wallet.token === null || BigInt(wallet.token) > 0n) return null;
  if (wallet.channels.some(({ deposit, spent }) => BigInt(deposit) > BigInt(spent))) return null;
  return (
    <div class="banner amber" data-testid="no-funds" role="status">
      <span>{t('noFunds', network?.tokenSymbol ?? '')}</span>
      <button type="button" class="button small" onClick={onWallet}>
        {t('receive')}
      </button>
    </div>
  );
}
