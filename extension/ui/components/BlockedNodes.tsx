/** Nodes that the user will not have, and the way back. */
import { useEffect, useRef } from 'preact/hooks';
import { Flag } from '../../../shared/ui/Flag.tsx';
import type { NodeRef } from '../../routing/rules.ts';
import { book, markNode } from '../book.ts';
import { t } from '../i18n.ts';
import { fire } from '../link.ts';
import { nodeName } from '../nodes.ts';
import { TEST } from '../testids.ts';

/** Said once, right after a block, where the focus then is. */
export function BlockedNotice({ node, onDone }: { node: NodeRef; onDone: () => void }) {
  const undo = useRef<HTMLButtonElement>(null);
  useEffect(() => undo.current?.focus(), [node.did]);
  return (
    <div class="banner amber" role="status">
      <span>{t('nodeBlocked', nodeName(node))}</span>
      <button
        type="button"
        ref={undo}
        class="button small"
        data-testid={TEST.nodeUndoBlock}
        onClick={() => {
          markNode(node, 'blocked', false);
          onDone();
        }}
      >
        {t('undo')}
      </button>
    </div>
  );
}

export function BlockedNodes() {
  const { blocked, known, recents } = book.value;
  return (
    <div class="node-memory">
      {blocked.length === 0 ? null : (
        <details>
          <summary data-testid={TEST.nodesBlocked}>{t('blockedNodes', blocked.length)}</summary>
          <ul class="list">
            {blocked.map((node) => (
              <li key={node.did} class="row" data-testid={TEST.nodeBlockedRow} data-key={node.did}>
                <Flag code={node.country} size={22} />
                <span class="row-main">
                  <span class="row-title">{nodeName(node)}</span>
                </span>
                <button
                  type="button"
                  class="button small"
                  aria-label={`${t('unblock')}: ${nodeName(node)}`}
                  onClick={() => markNode(node, 'blocked', false)}
                >
                  {t('unblock')}
                </button>
              </li>
            ))}
          </ul>
        </details>
      )}
      {known.length + recents.length === 0 ? null : (
        <details>
          <summary>{t('memory')}</summary>
          <p class="note">{t('memoryText')}</p>
          <button type="button" class="button small" onClick={() => fire({ name: 'book.forget' })}>
            {t('memoryForget')}
          </button>
        </details>
      )}
    </div>
  );
}
