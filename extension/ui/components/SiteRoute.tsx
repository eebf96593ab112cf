/** "Route example.org via …": the route of the page in view, changed with one press; and where its parts really went. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { blockedTarget } from '../../blocked-address.ts';
import { browser } from '../../browser.ts';
import type { SiteView } from '../../messages.ts';
import { parseHost } from '../../routing/hosts.ts';
import type { Action } from '../../routing/rules.ts';
import { actionOptions, actionText, actionValue, type Option } from '../actions.ts';
import { unblocked, watchBook } from '../book.ts';
import { t } from '../i18n.ts';
import { fire, send, view } from '../link.ts';
import { loadNodes, nodes } from '../nodes.ts';
import { TEST } from '../testids.ts';
import { Icon } from './Icon.tsx';
import { SiteParts } from './SiteParts.tsx';

interface Page {
  readonly host: string;
  readonly tab: number | null;
}

export function SiteRoute() {
  const page = useActivePage();
  const site = useSite(page);
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const [briefly, setBriefly] = useState(false);
  useEffect(watchBook, []);
  const now = view.value;
  if (!page || !site || !now) return null;
  const { decision } = site;
  const { host } = page;
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  const choose = (action: Action) => {
    const until = briefly ? { until: 'restart' as const } : {};
    const rule = { id: crypto.randomUUID(), enabled: true, match: { kind: 'domain' as const, text: host }, action };
    fire({ name: 'rule.upsert', rule: { ...rule, ...until } });
    close();
  };
  const state = decision.why === 'local' ? 'local' : kindOf(decision.action);
  return (
    <section
      class="site"
      aria-label={t('routeVia')}
      data-testid={TEST.siteRoute}
      data-state={state}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !open) return;
        // Unanswered, the browser would close the whole popup.
        event.preventDefault();
        close();
      }}
    >
      <button
        type="button"
        ref={button}
        class="site-button"
        data-testid={TEST.siteRouteVia}
        aria-expanded={open}
        onClick={() => {
          if (!open) void loadNodes();
          setOpen(!open);
        }}
      >
        <span class="site-host">{host}</span>
        <span class="site-via">
          {decision.why === 'local' ? t('routeLocal') : actionText(decision.action)}
          <Icon name="chevron" size={16} />
        </span>
      </button>
      <SiteParts site={site} />
      {open ? (
        <>
          <label class="check site-briefly">
            <input
              type="checkbox"
              data-testid={TEST.siteBriefly}
              checked={briefly}
              onChange={(event) => setBriefly(event.currentTarget.checked)}
            />
            {t('untilRestart')}
          </label>
          <Choices
            options={actionOptions([...now.routes.named], unblocked(nodes.value))}
            current={decision.action}
            onChoose={choose}
          />
        </>
      ) : null}
    </section>
  );
}

function Choices({
  options,
  current,
  onChoose,
}: {
  options: readonly Option[];
  current: Action;
  onChoose: (action: Action) => void;
}) {
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    list.current?.querySelector('[aria-pressed="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [options.length]);
  return (
    <ul ref={list} class="site-choices" aria-label={t('routeVia')}>
      {options.map((option) => (
        <li key={option.value}>
          <button
            type="button"
            class="choice"
            data-key={option.value}
            aria-pressed={actionValue(current) === option.value}
            onClick={() => onChoose(option.action)}
          >
            {option.text}
            {actionValue(current) === option.value ? <Icon name="check" size={16} /> : null}
          </button>
        </li>
      ))}
    </ul>
  );
}

function kindOf(action: Action): 'direct' | 'blocked' | 'exit' {
  return action.kind === 'direct' ? 'direct' : action.kind === 'block' ? 'blocked' : 'exit';
}

/** What the background says of the page; asked anew when the rules or the exits change. */
function useSite(page: Page | null): SiteView | null {
  const [site, setSite] = useState<SiteView | null>(null);
  const revision = view.value?.routes.revision;
  const up = view.value?.protection.up;
  const passes = view.value?.passes.length;
  useEffect(() => {
    if (page === null) return setSite(null);
    let gone = false;
    send({ name: 'site', ...page })
      .then((answer) => {
        if (!gone) setSite(answer);
      })
      .catch(() => {});
    return () => {
      gone = true;
    };
  }, [page?.host, page?.tab, revision, up, passes]);
  return site;
}

/** The tab in front, its host without `www.`; null on the browser's own pages. `?site=` lets a tab stand in for a popup. */
function useActivePage(): Page | null {
  const [page, setPage] = useState<Page | null>(null);
  useEffect(() => {
    const parameters = new URLSearchParams(location.search);
    const given = parameters.get('site');
    const read = async () => {
      const [tab] = given ? [] : await browser.tabs.query({ active: true, lastFocusedWindow: true });
      const shown = tab?.url ?? '';
      const url = given ?? blockedTarget(browser.runtime.getURL('ui/page/index.html'), shown) ?? shown;
      const name = given || /^https?:/.test(url) ? parseHost(url) : null;
      const id = tab?.id ?? (parameters.has('tab') ? Number(parameters.get('tab')) : null);
      setPage(name === null ? null : { host: name.replace(/^www\./, ''), tab: id });
    };
    void read();
    const listen = () => void read();
    browser.tabs.onActivated.addListener(listen);
    return () => browser.tabs.onActivated.removeListener(listen);
  }, []);
  return page;
}
