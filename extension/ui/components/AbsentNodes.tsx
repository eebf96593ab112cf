/** Favourites and recents that no relay lists now: said, so that nobody wonders where they went. */

import { Flag } from '../../../shared/ui/Flag.tsx';
import type { NodeRef } from '../../routing/rules.ts';
import { t } from '../i18n.ts';
import { nodeName } from '../nodes.ts';
import { TEST } from '../testids.ts';
import { Star } from './Star.tsx';

export function AbsentNodes({ nodes }: { nodes: readonly NodeRef[] }) {
  if (nodes.length === 0) return null;
  return (
    <ul class="list" aria-label={t('absent')}>
      {nodes.map((node) => (
        <li key={node.did} class="row node" data-testid={TEST.nodeAbsent} data-key={node.did}>
          <Star node={node} />
          <Flag code={node.country} size={22} />
          <span class="row-main">
            <span class="row-title">{nodeName(node)}</span>
            <span class="row-sub">{t('absent')}</span>
          </span>
        </li>
      ))}
    </ul>
  );
}
