/** Our page in the place of one that is blocked: why, what to do, and how it comes back by itself. */
import { useEffect, useState } from 'preact/hooks';
import { Mark } from '../../../shared/ui/Mark.tsx';
import { blockedTarget } from '../../blocked-address.ts';
import type { BlockedView, View } from '../../messages.ts';
import { passHost } from '../../routing/passes.ts';
import { type BlockedReason, blockedReason, loads } from '../blocked-reason.ts';
import { errorText, t } from '../i18n.ts';
import { fire, send, view } from '../link.ts';
import { TEST } from '../testids.ts';
import { DirectOnce } from './DirectOnce.tsx';
import { ErrorScreen, troubleOf } from './ErrorScreen.tsx';
import { Icon } from './Icon.tsx';
import { OtherNodes } from './OtherNodes.tsx';
import { Unlock } from './Unlock.tsx';

export function Blocked() {
  const now = view.value;
  const page = useBlocked(now);
  const stale = blockedTarget(location.href.split('#')[0] ?? '', location.href);
  const url = page?.url ?? stale;
  useEffect(() => {
    if (url) document.title = new URL(url).hostname;
  }, [url]);
  if (!now || page === undefined) return null;
  if (page === null) return <NothingBlocked url={stale} />;
  return <Explained view={now} page={page} />;
}

function Explained({ view: now, page }: { view: View; page: BlockedView }) {
  const reason = blockedReason(now, page);
  useReloadWhenUp(page, reason);
  const { decision, exitId, url } = page;
  const { hostname } = new URL(url);
  const trouble = reason.kind === 'trouble' ? troubleOf(now) : null;
  /** It stays so until the user changes the rules. */
  const lasting = reason.kind === 'rule' || reason.kind === 'settings';
  const retry = () => {
    if (exitId !== null && reason.kind === 'exit') fire({ name: 'exit.retry', exitId });
    location.replace(url);
  };
  return (
    <section class="blocked" data-testid={TEST.blockedPage} data-state={reason.kind}>
      <div class="blocked-head">
        <span class="trouble-mark" data-busy={reason.kind === 'connecting'}>
          {reason.kind === 'connecting' ? <Mark size={28} /> : <Icon name="ban" size={28} />}
        </span>
        <h1>{t(lasting ? 'blockedLasting' : 'blockedTitle', passHost(hostname))}</h1>
        <p class="lead" aria-live="polite">
          {trouble ? t('blockedTrouble') : words(reason)}
        </p>
      </div>
      {trouble ? <ErrorScreen trouble={trouble} /> : null}
      {reason.kind === 'unlock' ? <Unlock why={t('unlockToPay')} /> : null}
      <div class="setup-buttons">
        {lasting ? (
          <a class="button primary large" href="#/rules">
            {t('openRules')}
          </a>
        ) : null}
        <button
          type="button"
          class={`button large ${lasting ? '' : 'primary'}`}
          data-testid={TEST.blockedRetry}
          onClick={retry}
        >
          {t('tryAgain')}
        </button>
      </div>
      {exitId !== null && !trouble && reason.kind !== 'over' ? (
        <OtherNodes decision={decision} exitId={exitId} />
      ) : null}
      {reason.kind === 'over' ? null : <DirectOnce host={passHost(hostname)} onGranted={() => location.replace(url)} />}
    </section>
  );
}

function words(reason: BlockedReason): string {
  switch (reason.kind) {
    case 'over':
      return t('blockedOver');
    case 'settings':
      return t('settingsBroken');
    case 'rule':
      return reason.text === null ? t('blockedOtherwise') : t('blockedRule', reason.text);
    case 'trouble':
      return t('blockedTrouble');
    case 'connecting':
      return t('blockedConnecting');
    case 'approval':
      return t('blockedApproval');
    case 'unlock':
      return t('blockedUnlock');
    case 'noExit':
      return t('blockedNoExit');
    case 'up':
    case 'direct':
      return t('blockedUp');
    case 'exit': {
      if (!reason.error) return t('blockedExit');
      const { message, action } = errorText(reason.error);
      return `${message} ${action} ${t('blockedByItself')}`;
    }
  }
}

/** A tab that was restored, or whose page was left: nothing is known of it but its address. */
function NothingBlocked({ url }: { url: string | null }) {
  return (
    <section class="blocked" data-testid={TEST.blockedPage} data-state="nothing">
      <div class="blocked-head">
        <Mark size={48} />
        <h1>{t('nothingBlocked')}</h1>
      </div>
      {url ? (
        <div class="setup-buttons">
          <button
            type="button"
            class="button primary large"
            data-testid={TEST.blockedRetry}
            onClick={() => location.replace(url)}
          >
            {t('openAgain', passHost(new URL(url).hostname))}
          </button>
        </div>
      ) : null}
    </section>
  );
}

/** The page by itself, once its exit has come up. One that failed although it was up waits for a person. */
function useReloadWhenUp({ url, up }: BlockedView, reason: BlockedReason): void {
  const [wasUp, setWasUp] = useState(up);
  const now = loads(reason);
  useEffect(() => {
    if (!now) setWasUp(false);
    else if (!wasUp) location.replace(url);
  }, [now, wasUp, url]);
}

/** Asked anew when rules, exits or passes change: undefined while the answer is under way. */
function useBlocked(now: View | null): BlockedView | null | undefined {
  const [page, setPage] = useState<BlockedView | null | undefined>(undefined);
  const revision = `${now?.routes.revision} ${now?.passes.map(({ host }) => host).join()}`;
  const known = now !== null;
  useEffect(() => {
    if (!known) return;
    let gone = false;
    send<'blocked'>({ name: 'blocked' })
      .then((answer) => {
        if (!gone) setPage(answer.page);
      })
      .catch(() => {});
    return () => {
      gone = true;
    };
  }, [known, revision]);
  return page;
}
