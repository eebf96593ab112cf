/** The two wishes that most have: one press takes the fastest or the cheapest of what is shown. */
import type { NodeView } from '../../messages.ts';
import { isDefault, nodeAction } from '../actions.ts';
import { millis } from '../format.ts';
import { t } from '../i18n.ts';
import { fire } from '../link.ts';
import { nodeName } from '../nodes.ts';
import { TEST } from '../testids.ts';
import { Amount } from './Amount.tsx';
import { Icon, type IconName } from './Icon.tsx';

export function NodePicks({ fastest, cheapest }: { fastest: NodeView | null; cheapest: NodeView | null }) {
  if (!fastest || !cheapest) return null;
  return (
    <div class="picks">
      <Pick node={fastest} icon="bolt" label={t('fastest')} testid={TEST.pickFastest}>
        {millis(fastest.latencyMs)}
      </Pick>
      <Pick node={cheapest} icon="coin" label={t('cheapest')} testid={TEST.pickCheapest}>
        <Amount wei={BigInt(cheapest.pricePerMB) * 1000n} digits={3} per="GB" />
      </Pick>
    </div>
  );
}

interface PickProps {
  readonly node: NodeView;
  readonly icon: IconName;
  readonly label: string;
  readonly testid: string;
  readonly children: preact.ComponentChildren;
}

function Pick({ node, icon, label, testid, children }: PickProps) {
  return (
    <button
      type="button"
      class="pick"
      data-testid={testid}
      data-key={node.did}
      aria-pressed={isDefault(node)}
      onClick={() => fire({ name: 'default', exit: nodeAction(node) })}
    >
      <Icon name={isDefault(node) ? 'check' : icon} />
      <span class="pick-words">
        <span class="pick-title">{label}</span>
        <span class="clip">{nodeName(node)}</span>
        <span class="unit">{children}</span>
      </span>
    </button>
  );
}
