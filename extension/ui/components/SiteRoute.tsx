/** "Route example.org via …": the route of the page in view, changed with one press. */
import { useEffect, useState } from 'preact/hooks';
import { browser } from '../../browser.ts';
import { parseHost } from '../../routing/hosts.ts';
import { decide } from '../../routing/match.ts';
import type { Action } from '../../routing/rules.ts';
import { actionOptions, actionText, actionValue, type Option } from '../actions.ts';
import { t } from '../i18n.ts';
import { fire, view } from '../link.ts';
import { loadNodes, nodes } from '../nodes.ts';
import { TEST } from '../testids.ts';
import { Icon } from './Icon.tsx';

export function SiteRoute() {
  const host = useActiveHost();
  const [open, setOpen] = useState(false);
  const table = view.value?.table;
  if (!host || !table) return null;
  const decision = decide(table, host);
  const choose = (action: Action) => {
    const id = decision.rule?.match.text === host ? decision.rule.id : crypto.randomUUID();
    fire({ name: 'rule.upsert', rule: { id, enabled: true, match: { kind: 'domain', text: host }, action } });
    setOpen(false);
  };
  const state = decision.why === 'local' ? 'local' : kindOf(decision.action);
  return (
    <section class="site" aria-label={t('routeVia')} data-testid={TEST.siteRoute} data-state={state}>
      <button
        type="button"
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
      {open ? (
        <Choices options={actionOptions(table, nodes.value)} current={decision.action} onChoose={choose} />
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
  return (
    <ul class="site-choices" aria-label={t('routeVia')}>
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

/** Host of the tab in front, without `www.`; null on the browser's own pages. `?site=` lets a tab stand in for a popup. */
function useActiveHost(): string | null {
  const [host, setHost] = useState<string | null>(null);
  useEffect(() => {
    const given = new URLSearchParams(location.search).get('site');
    const read = async () => {
      const [tab] = given ? [] : await browser.tabs.query({ active: true, lastFocusedWindow: true });
      const url = given ?? tab?.url ?? '';
      const name = given || /^https?:/.test(url) ? parseHost(url) : null;
      setHost(name?.replace(/^www\./, '') ?? null);
    };
    void read();
    const listen = () => void read();
    browser.tabs.onActivated.addListener(listen);
    return () => browser.tabs.onActivated.removeListener(listen);
  }, []);
  return host;
}
