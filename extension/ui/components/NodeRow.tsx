/** One node of the list: a favourite or not, where it is, what it costs and how near it is. */

import { Flag } from '../../../shared/ui/Flag.tsx';
import type { NodeView } from '../../messages.ts';
import { isDefault, nodeAction } from '../actions.ts';
import { speeds } from '../book.ts';
import { countryName, millis, speedText } from '../format.ts';
import { t } from '../i18n.ts';
import { fire } from '../link.ts';
import { nodeName } from '../nodes.ts';
import { TEST } from '../testids.ts';
import { Amount } from './Amount.tsx';
import { Icon } from './Icon.tsx';
import { Star } from './Star.tsx';

export function NodeRow({ node, onOpen }: { node: NodeView; onOpen: () => void }) {
  const place = node.city ?? node.network ?? '';
  const top = speeds.value.get(node.did);
  return (
    <li
      class="row node"
      data-testid={TEST.nodeRow}
      data-key={node.did}
      data-country={node.country}
      data-online={node.online}
    >
      <Star node={node} />
      <Flag code={node.country} size={22} />
      <button type="button" class="row-main row-open" data-testid={TEST.nodeOpen} onClick={onOpen}>
        <span class="row-title">{countryName(node.country)}</span>
        <span class="row-sub">
          <Icon name={node.residential ? 'home' : 'server'} size={14} />
          <span class="clip">
            <span class="node-kind">
              {node.residential ? t('home') : t('hosting')}
              {place ? ' · ' : ''}
            </span>
            {place}
          </span>
        </span>
        <span class="hidden">{t('details')}</span>
      </button>
      <div class="row-figures">
        <span data-testid={TEST.nodePrice} data-value={node.pricePerMB}>
          <Amount wei={BigInt(node.pricePerMB) * 1000n} digits={3} per="GB" />
        </span>
        <span class="row-sub" data-testid={TEST.nodeLatency} data-value={node.latencyMs ?? ''}>
          <bdi>{node.online ? millis(node.latencyMs) : t('offline')}</bdi>
          {top ? <bdi>· ↓ {speedText(top)}</bdi> : null}
        </span>
      </div>
      <UseNode node={node} />
    </li>
  );
}

export function UseNode({ node }: { node: NodeView }) {
  const chosen = isDefault(node);
  return (
    <button
      type="button"
      class="button small"
      data-testid={TEST.nodeSetDefault}
      aria-pressed={chosen}
      aria-label={`${chosen ? t('yourExit') : t('use')}: ${nodeName(node)}`}
      onClick={() => fire({ name: 'default', exit: nodeAction(node) })}
    >
      {chosen ? <Icon name="check" size={16} /> : null}
      <span class="button-text">{chosen ? t('yourExit') : t('use')}</span>
    </button>
  );
}
