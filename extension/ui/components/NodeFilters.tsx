/** Search and filters of the node picker. */
import { useState } from 'preact/hooks';
import { GROUPS, type Group, type NodeFilter, ORDERS, type Order, SPEEDS } from '../../nodes/pick.ts';
import { parseAmount } from '../../wallet/amounts.ts';
import { countryName, decimal } from '../format.ts';
import { type Key, t } from '../i18n.ts';
import { view } from '../link.ts';
import { loadNodes, nodes } from '../nodes.ts';
import { TEST } from '../testids.ts';
import { Icon } from './Icon.tsx';

interface Props {
  readonly filter: NodeFilter;
  onFilter(filter: NodeFilter): void;
  readonly map: boolean;
  onMap(map: boolean): void;
}

const GROUP_WORDS: Record<Group, Key> = { all: 'groupAll', favourites: 'favourites', recents: 'recents' };
const ORDER_WORDS: Record<Order, Key> = {
  latency: 'orderLatency',
  price: 'orderPrice',
  speed: 'orderSpeed',
  name: 'orderName',
};

export function NodeFilters({ filter, onFilter, map, onMap }: Props) {
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
        <fieldset class="segments">
          <legend class="hidden">{t('groupShow')}</legend>
          {GROUPS.map((group) => (
            <label key={group} class="segment">
              <input
                type="radio"
                name="node-group"
                data-testid={TEST.nodeGroup}
                value={group}
                checked={filter.group === group}
                onChange={() => onFilter({ ...filter, group })}
              />
              <span>{t(GROUP_WORDS[group])}</span>
            </label>
          ))}
        </fieldset>
        <button
          type="button"
          class="icon-button"
          data-testid={TEST.nodeMapToggle}
          aria-pressed={map}
          aria-label={t('map')}
          onClick={() => onMap(!map)}
        >
          <Icon name="map" />
        </button>
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
      <div class="filters-row">
        <CountrySelect filter={filter} onFilter={onFilter} />
        <label class="check">
          <input
            type="checkbox"
            data-testid={TEST.nodeResidential}
            checked={filter.residential}
            onChange={(event) => onFilter({ ...filter, residential: event.currentTarget.checked })}
          />
          {t('homesOnly')}
        </label>
      </div>
      <details class="filters-more">
        <summary data-testid={TEST.nodeFiltersMore}>{t('filtersMore')}</summary>
        <div class="filters-fields">
          <MaxPrice filter={filter} onFilter={onFilter} />
          <label class="field">
            <span>{t('speedAtLeast')}</span>
            <select
              class="input"
              data-testid={TEST.nodeSpeed}
              value={filter.minMbps}
              onChange={(event) => onFilter({ ...filter, minMbps: Number(event.currentTarget.value) })}
            >
              <option value={0}>{t('speedAny')}</option>
              {SPEEDS.map((mbps) => (
                <option key={mbps} value={mbps}>
                  {decimal(mbps)} Mbit/s
                </option>
              ))}
            </select>
          </label>
          <label class="field">
            <span>{t('orderBy')}</span>
            <select
              class="input"
              data-testid={TEST.nodeOrder}
              value={filter.order}
              onChange={(event) => onFilter({ ...filter, order: event.currentTarget.value as Order })}
            >
              {ORDERS.map((order) => (
                <option key={order} value={order}>
                  {t(ORDER_WORDS[order])}
                </option>
              ))}
            </select>
          </label>
        </div>
        <p class="note">{t('speedNote')}</p>
      </details>
    </div>
  );
}

type FilterProps = Pick<Props, 'filter' | 'onFilter'>;

function CountrySelect({ filter, onFilter }: FilterProps) {
  // The chosen one stays in the list while its last node is away.
  const codes = new Set([...nodes.value.map((node) => node.country), filter.country]);
  codes.delete('');
  return (
    <select
      class="input"
      data-testid={TEST.nodeCountry}
      aria-label={t('country')}
      value={filter.country}
      onChange={(event) => onFilter({ ...filter, country: event.currentTarget.value })}
    >
      <option value="">{t('everyCountry')}</option>
      {[...codes]
        .sort((a, b) => countryName(a).localeCompare(countryName(b)))
        .map((code) => (
          <option key={code} value={code}>
            {countryName(code)}
          </option>
        ))}
    </select>
  );
}

/** Typed as a price per gigabyte; while it is no number, it filters nothing. */
function MaxPrice({ filter, onFilter }: FilterProps) {
  const [text, setText] = useState('');
  const { tokenDecimals = 18, tokenSymbol = '' } = view.value?.network ?? {};
  const wrong = text.trim() !== '' && parseAmount(text, tokenDecimals) === null;
  return (
    <label class="field">
      <span>{t('priceAtMost', tokenSymbol)}</span>
      <input
        class="input"
        inputMode="decimal"
        data-testid={TEST.nodeMaxPrice}
        aria-invalid={wrong}
        placeholder={t('priceAny')}
        value={text}
        onInput={(event) => {
          const typed = event.currentTarget.value;
          setText(typed);
          const perGB = parseAmount(typed, tokenDecimals);
          onFilter({ ...filter, maxPrice: perGB === null ? null : perGB / 1000n });
        }}
      />
    </label>
  );
}
