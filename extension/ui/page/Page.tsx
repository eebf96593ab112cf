/** The full page: rules, nodes, wallet, diagnostics; and alone on it, the way in and what stands for a blocked page. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { Mark } from '../../../shared/ui/Mark.tsx';
import { ApprovalSheet } from '../components/ApprovalSheet.tsx';
import { Blocked } from '../components/Blocked.tsx';
import { stateWord } from '../components/Burrow.tsx';
import { Diagnostics } from '../components/Diagnostics.tsx';
import { ErrorScreen, troubleOf } from '../components/ErrorScreen.tsx';
import { Icon, type IconName } from '../components/Icon.tsx';
import { Live } from '../components/Live.tsx';
import { NodeList } from '../components/NodeList.tsx';
import { Rules } from '../components/Rules.tsx';
import { Setup } from '../components/Setup.tsx';
import { ShowWords } from '../components/ShowWords.tsx';
import { WalletPanel } from '../components/WalletPanel.tsx';
import { Welcome } from '../components/Welcome.tsx';
import { type Key, t } from '../i18n.ts';
import { awake, view } from '../link.ts';
import { TEST } from '../testids.ts';

type Route = 'live' | 'rules' | 'nodes' | 'wallet' | 'diagnostics' | Lone;
/** Screens without the side bar: one thing at a time. */
const LONE = ['setup', 'welcome', 'words', 'blocked'] as const;
type Lone = (typeof LONE)[number];
const LINKS: readonly { route: Route; label: Key; icon: IconName }[] = [
  { route: 'live', label: 'live', icon: 'bolt' },
  { route: 'rules', label: 'rules', icon: 'rules' },
  { route: 'nodes', label: 'nodes', icon: 'globe' },
  { route: 'wallet', label: 'wallet', icon: 'wallet' },
  { route: 'diagnostics', label: 'diagnostics', icon: 'pulse' },
];
const LEAD: Record<Exclude<Route, Lone>, Key> = {
  live: 'leadLive',
  rules: 'leadRules',
  nodes: 'leadNodes',
  wallet: 'leadWallet',
  diagnostics: 'leadDiagnostics',
};

function titleOf(route: Exclude<Route, 'blocked'>): Key {
  if (route === 'words') return 'wordsAgainTitle';
  return route === 'setup' || route === 'welcome' ? 'setUp' : route;
}

function isLone(route: Route): route is Lone {
  return (LONE as readonly Route[]).includes(route);
}

function routeNow(): { route: Route; switches: boolean } {
  const [, name = '', query = ''] = /^#\/(\w*)(?:\?(.*))?$/.exec(location.hash) ?? [];
  const known = LONE.find((route) => route === name) ?? LINKS.find(({ route }) => route === name)?.route;
  return { route: known ?? 'rules', switches: query === 'switches' };
}

export function Page() {
  const [at, setAt] = useState(routeNow);
  const heading = useRef<HTMLHeadingElement>(null);
  const shown = useRef(at.route);
  useEffect(() => {
    const follow = () => setAt(routeNow());
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  useEffect(() => {
    // A blocked page keeps the name of its site.
    if (at.route !== 'blocked') document.title = `${t(titleOf(at.route))} – Warren`;
    // As after a page load: whoever follows a link goes on reading at the top of what it led to.
    if (shown.current !== at.route) heading.current?.focus();
    shown.current = at.route;
  }, [at.route]);
  const now = view.value;
  if (!now) {
    return (
      <main class="page-main waiting" aria-live="polite">
        <Mark size={48} />
        <p class="note">{awake.value ? '' : t('waking')}</p>
      </main>
    );
  }
  const { route } = at;
  if (isLone(route)) {
    return (
      <>
        <main class="page-main setup-main">
          {route === 'setup' ? <Setup leave={t('openWallet')} onLeave={() => go('wallet')} /> : null}
          {route === 'welcome' ? <Welcome /> : null}
          {route === 'words' ? <ShowWords onLeave={() => go('wallet')} /> : null}
          {route === 'blocked' ? <Blocked /> : null}
        </main>
        <ApprovalSheet />
      </>
    );
  }
  const trouble = route === 'wallet' ? null : troubleOf(now);
  return (
    <div class="page-frame">
      <aside class="side">
        <div class="side-head">
          <Mark size={26} />
          <span class="wordmark">Warren</span>
        </div>
        <nav aria-label={t('sections')}>
          {LINKS.map(({ route: to, label, icon }) => (
            <a key={to} href={`#/${to}`} aria-current={route === to ? 'page' : undefined}>
              <Icon name={icon} />
              {t(label)}
            </a>
          ))}
        </nav>
        <p class="side-state" data-testid={TEST.stateText} data-state={now.protection.state} aria-live="polite">
          <span class="dot" data-state={now.protection.state} aria-hidden="true" />
          {stateWord(now.protection.state)}
        </p>
      </aside>
      <main class="page-main">
        <h1 ref={heading} tabIndex={-1}>
          {t(route)}
        </h1>
        <p class="lead">{t(LEAD[route])}</p>
        {now.settingsBroken ? (
          <p class="banner clay" role="alert">
            {t('settingsBroken')}
          </p>
        ) : null}
        {trouble ? <ErrorScreen trouble={trouble} /> : null}
        {route === 'live' && !trouble ? <Live view={now} /> : null}
        {route === 'rules' ? <Rules /> : null}
        {route === 'nodes' && !trouble ? <NodeList wide /> : null}
        {route === 'wallet' ? <WalletPanel onSetup={() => go('setup')} /> : null}
        {route === 'diagnostics' ? <Diagnostics switches={at.switches} /> : null}
      </main>
      <ApprovalSheet />
    </div>
  );
}

function go(route: Route): void {
  location.hash = `/${route}`;
}
