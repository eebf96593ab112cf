/** One screen per thing that keeps Warren from working, each with the step that mends it. */
import type { ComponentChildren } from 'preact';
import { browser, FIREFOX } from '../../browser.ts';
import type { View } from '../../messages.ts';
import { errorText, type Key, t } from '../i18n.ts';
import { fire, view } from '../link.ts';
import { TEST } from '../testids.ts';
import { Icon } from './Icon.tsx';
import { InstallWays } from './InstallWays.tsx';

export interface Trouble {
  readonly code: string;
  readonly title: string;
  readonly text: string;
  /** Installing the program, once or anew, mends it. */
  readonly install: boolean;
  readonly retry: 'host.retry' | 'proxy.retry';
}

const HOST_TROUBLE: Partial<Record<View['host']['status'], { code: string; title: Key; text: Key }>> = {
  missing: { code: 'host_missing', title: 'hostMissingTitle', text: 'hostMissingText' },
  tooOld: { code: 'host_too_old', title: 'hostOldTitle', text: 'hostOldText' },
  tooNew: { code: 'version_unsupported', title: 'extensionOldTitle', text: 'extensionOldText' },
  broken: { code: 'host_broken', title: 'hostBrokenTitle', text: 'hostBrokenText' },
};

/** Protection is wanted, and the browser does something else. */
const OPEN_TROUBLE: Partial<Record<View['protection']['why'], { code: string; title: Key; text: Key }>> = {
  conflict: { code: 'proxy_conflict', title: 'conflictTitle', text: 'conflictText' },
  exposed: { code: 'proxy_exposed', title: 'exposedTitle', text: 'exposedText' },
  astray: { code: 'proxy_astray', title: 'astrayTitle', text: 'astrayText' },
};

/** What is wrong on a level above single exits, or null. */
export function troubleOf(view: View): Trouble | null {
  const host = HOST_TROUBLE[view.host.status];
  if (host) {
    const said = view.host.error ? errorText(view.host.error) : null;
    return {
      code: host.code,
      title: t(host.title),
      text: said ? `${said.message} ${said.action}` : t(host.text),
      install: view.host.status !== 'tooNew',
      retry: 'host.retry',
    };
  }
  const open = OPEN_TROUBLE[view.protection.why];
  if (!open) return null;
  return { code: open.code, title: t(open.title), text: t(open.text), install: false, retry: 'proxy.retry' };
}

/**
 * For whoever ran a command and still reads that the program is missing. Which kind of package the browser is, it
 * does not tell us, so the page says where to look.
 */
export function HostHelp({ status, id }: { status: View['host']['status']; id: string }) {
  if (status !== 'missing' && status !== 'broken') return null;
  return (
    <details class="host-help" data-testid={TEST.hostHelp}>
      <summary>{t('hostHelp')}</summary>
      <ul>
        <li>{t('hostHelpDoctor', 'warren doctor', './warren doctor')}</li>
        <li>{t(FIREFOX ? 'hostHelpSandboxFirefox' : 'hostHelpSandboxChromium')}</li>
        <li>{t('hostHelpId', id)}</li>
      </ul>
    </details>
  );
}

export function ErrorScreen({ trouble, children }: { trouble: Trouble; children?: ComponentChildren }) {
  return (
    <section class="trouble" data-testid={TEST.errorScreen} data-code={trouble.code} role="alert">
      <span class="trouble-mark">
        <Icon name="alert" size={28} />
      </span>
      <h2>{trouble.title}</h2>
      <p>{trouble.text}</p>
      {trouble.install ? <InstallWays /> : null}
      <div class="trouble-actions">
        <button
          type="button"
          class="button primary"
          data-testid={TEST.errorRetry}
          onClick={() => fire({ name: trouble.retry })}
        >
          {t('checkAgain')}
        </button>
        {children}
      </div>
      {view.value ? <HostHelp status={view.value.host.status} id={browser.runtime.id} /> : null}
      {trouble.retry === 'host.retry' ? <p class="note">{t('checksByItself')}</p> : null}
    </section>
  );
}
