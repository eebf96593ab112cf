/** The node picker: search, country, homes only; one press makes a node the exit. */
import { useEffect, useState } from 'preact/hooks';
import type { NodeView } from '../../messages.ts';
import { nodeAction } from '../actions.ts';
import { countryName, millis } from '../format.ts';
import { errorText, t } from '../i18n.ts';
import { fire, view } from '../link.ts';
import { filterNodes, loadNodes, type NodeFilter, nodes, nodesState } from '../nodes.ts';
import { TEST } from '../testids.ts';
import { Amount } from './Amount.tsx';
import { Flag } from './Flag.tsx';
import { Icon } from './Icon.tsx';

const NO_FILTER: NodeFilter = { search: '', country: '', residential: false };
/** Latencies and newcomers arrive while the list is open. */
const REFRESH_MS = 5_000;

export function NodeList() {
  const [filter, setFilter] = useState(NO_FILTER);
  const ready = view.value?.host.status === 'ready';
  useEffect(() => {
    if (!ready) return;
    void loadNodes();
    const timer = setInterval(() => void loadNodes(), REFRESH_MS);
    return () => clearInterval(timer);
  }, [ready]);
  const shown = filterNodes(nodes.value, filter, countryName);
  return (
    <section class="nodes" aria-label={t('nodes')}>
      <Filters filter={filter} onFilter={setFilter} />
      <p class="note" aria-live="polite">
        {status(shown.length)}
      </p>
      <ul class="list">
        {shown.map((node) => (
          <Row key={node.did} node={node} />
        ))}
      </ul>
    </section>
  );
}

function status(shown: number): string {
  const state = nodesState.value;
  if (typeof state === 'object') return errorText(state.error).message;
  if (state === 'loading' && nodes.value.length === 0) return t('nodesLoading');
  return shown === 0 ? t('nodesNone') : t('nodesCount', shown);
}

function Filters({ filter, onFilter }: { filter: NodeFilter; onFilter: (filter: NodeFilter) => void }) {
  const countries = [...new Set(nodes.value.map((node) => node.country))].sort();
  return (
    <div class="filters">
      <input
        type="search"
        class="input"
        data-testid={TEST.nodeSearch}
        aria-label={t('nodesSearch')}
        placeholder={t('nodesSearch')}
        value={filter.search}
        onInput={(event) => onFilter({ ...filter, search: event.currentTarget.value })}
      />
      <div class="filters-row">
        <select
          class="input"
          data-testid={TEST.nodeCountry}
          aria-label={t('country')}
          value={filter.country}
          onChange={(event) => onFilter({ ...filter, country: event.currentTarget.value })}
        >
          <option value="">{t('everyCountry')}</option>
          {countries.map((code) => (
            <option key={code} value={code}>
              {countryName(code)}
            </option>
          ))}
        </select>
        <label class="check">
          <input
            type="checkbox"
            data-testid={TEST.nodeResidential}
            checked={filter.residential}
            onChange={(event) => onFilter({ ...filter, residential: event.currentTarget.checked })}
          />
          {t('homesOnly')}
        </label>
        <button
          type="button"
          class="icon-button"
          data-testid={TEST.nodesRefresh}
          aria-label={t('refresh')}
          onClick={() => void loadNodes()}
        >
          <Icon name="refresh" />
        </button>
      </div>
    </div>
  );
}

function Row({ node }: { node: NodeView }) {
  const chosen = view.value?.routes.defaultExit;
  const isDefault = chosen?.kind === 'node' && chosen.did.toLowerCase() === node.did.toLowerCase();
  const perGB = BigInt(node.pricePerMB) * 1000n;
  const place = node.city ?? node.network ?? '';
  return (
    <li
      class="row node"
      data-testid={TEST.nodeRow}
      data-key={node.did}
      data-country={node.country}
      data-online={node.online}
    >
      <Flag code={node.country} size={22} />
      <div class="row-main">
        <div class="row-title">{countryName(node.country)}</div>
        <div class="row-sub">
          <Icon name={node.residential ? 'home' : 'server'} size={14} />
          <span class="clip">
            <span class="node-kind">
              {node.residential ? t('home') : t('hosting')}
              {place ? ' · ' : ''}
            </span>
            {place}
          </span>
        </div>
      </div>
      <div class="row-figures">
        <span data-testid={TEST.nodePrice} data-value={node.pricePerMB}>
          <Amount wei={perGB} digits={3} />
          <span class="unit"> / GB</span>
        </span>
        <span class="row-sub" data-testid={TEST.nodeLatency} data-value={node.latencyMs ?? ''}>
          {node.online ? millis(node.latencyMs) : t('offline')}
        </span>
      </div>
      <button
        type="button"
        class="button small"
        data-testid={TEST.nodeSetDefault}
        aria-pressed={isDefault}
        aria-label={`${isDefault ? t('yourExit') : t('use')}: ${countryName(node.country)} ${place}`}
        onClick={() => fire({ name: 'default', exit: nodeAction(node) })}
      >
        {isDefault ? <Icon name="check" size={16} /> : null}
        <span class="button-text">{isDefault ? t('yourExit') : t('use')}</span>
      </button>
    </li>
  );
}
