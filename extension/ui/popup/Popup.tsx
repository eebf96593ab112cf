/** The popup: three tabs under one header, or the one screen that says what is in the way. */
import { useState } from 'preact/hooks';
import { Mark } from '../../../shared/ui/Mark.tsx';
import type { View } from '../../messages.ts';
import { ErrorScreen, troubleOf } from '../components/ErrorScreen.tsx';
import { Icon, type IconName } from '../components/Icon.tsx';
import { Passes } from '../components/Passes.tsx';
import { SiteRoute } from '../components/SiteRoute.tsx';
import { t } from '../i18n.ts';
import { later } from '../later.tsx';
import { awake, fire, live, view } from '../link.ts';
import { openPage } from '../open-page.ts';
import { TEST } from '../testids.ts';
import { ConnectTab } from './ConnectTab.tsx';
import { useDrawing } from './use-drawing.ts';

const TABS = [
  { name: 'connect', label: 'tabConnect', icon: 'globe', testid: TEST.tabConnect },
  { name: 'nodes', label: 'nodes', icon: 'home', testid: TEST.tabNodes },
  { name: 'wallet', label: 'wallet', icon: 'wallet', testid: TEST.tabWallet },
] as const satisfies readonly { name: string; label: string; icon: IconName; testid: string }[];
type TabName = (typeof TABS)[number]['name'];

const ApprovalSheet = later(async () => (await import('../components/ApprovalSheet.tsx')).ApprovalSheet);
const NodeList = later(async () => (await import('../components/NodeList.tsx')).NodeList);
const WalletPanel = later(async () => (await import('../components/WalletPanel.tsx')).WalletPanel);

export function Popup() {
  const [tab, setTab] = useState<TabName>('connect');
  const now = view.value;
  const trouble = now && troubleOf(now);
  useDrawing(now && isCalm(now) && !trouble && tab === 'connect' ? now : null);
  if (!now) return <Waiting />;
  return (
    <>
      <header class="popup-head">
        <Mark />
        <h1 class="wordmark">Warren</h1>
        <button
          type="button"
          class="icon-button"
          data-testid={TEST.openPage}
          aria-label={t('openPage')}
          onClick={() => openPage('rules')}
        >
          <Icon name="page" />
        </button>
      </header>
      {/* How far one has scrolled belongs to a tab, and not to the next one. */}
      <main key={tab} class="popup-main">
        {trouble && tab !== 'wallet' ? (
          <ErrorScreen trouble={trouble}>
            {now.protection.why === 'asked' ? null : (
              <button type="button" class="button" onClick={() => fire({ name: 'protect', on: false })}>
                {t('turnOff')}
              </button>
            )}
          </ErrorScreen>
        ) : null}
        {!trouble && tab === 'connect' ? <ConnectTab view={now} onTab={setTab} /> : null}
        {!trouble && tab === 'nodes' ? <NodeList /> : null}
        {tab === 'wallet' ? <WalletPanel short onSetup={() => openPage('setup')} /> : null}
      </main>
      <Passes />
      {!trouble && tab === 'connect' ? <SiteRoute /> : null}
      <nav class="tabs" aria-label={t('sections')}>
        {TABS.map(({ name, label, icon, testid }) => (
          <button
            key={name}
            type="button"
            data-testid={testid}
            aria-current={tab === name ? 'page' : undefined}
            onClick={() => setTab(name)}
          >
            <Icon name={icon} />
            {t(label)}
          </button>
        ))}
      </nav>
      {now.approvals.length > 0 ? <ApprovalSheet /> : null}
    </>
  );
}

/** Nothing is on, or still ends, or is let out: what is seen now will be so for long. */
function isCalm({ protection, exits, passes }: View): boolean {
  const ending = exits.some(({ phase }) => phase === 'closing');
  return live.value && protection.state === 'off' && !ending && passes.length === 0;
}

function Waiting() {
  return (
    <main class="popup-main waiting" aria-live="polite">
      <Mark size={40} />
      <p class="note">{awake.value ? '' : t('waking')}</p>
    </main>
  );
}
