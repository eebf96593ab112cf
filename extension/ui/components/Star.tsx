/** Makes a node a favourite, or no longer. */
import type { NodeView } from '../../messages.ts';
import type { NodeRef } from '../../routing/rules.ts';
import { isMarked, markNode } from '../book.ts';
import { t } from '../i18n.ts';
import { nodeName } from '../nodes.ts';
import { TEST } from '../testids.ts';
import { Icon } from './Icon.tsx';

export function Star({ node }: { node: NodeView | NodeRef }) {
  const on = isMarked(node.did, 'favourite');
  return (
    <button
      type="button"
      class="icon-button star"
      data-testid={TEST.nodeFavourite}
      aria-pressed={on}
      aria-label={`${t('favourite')}: ${nodeName(node)}`}
      onClick={() => markNode(node, 'favourite', !on)}
    >
      <Icon name="star" size={18} />
    </button>
  );
}
