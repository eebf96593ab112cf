/** Other nodes for a page whose own does not answer: one press changes the rule, or the default, that sent it there. */
import { useEffect } from 'preact/hooks';
import { Flag } from '../../../shared/ui/Flag.tsx';
import type { NodeView } from '../../messages.ts';
import { NO_FILTER, pick } from '../../nodes/pick.ts';
import type { PassedDecision } from '../../routing/passes.ts';
import { nodeAction } from '../actions.ts';
import { book, watchBook } from '../book.ts';
import { countryName, millis } from '../format.ts';
import { t } from '../i18n.ts';
import { fire, view } from '../link.ts';
import { loadNodes, nodeName, nodes } from '../nodes.ts';
import { TEST } from '../testids.ts';
import { Amount } from './Amount.tsx';

const SHOWN = 4;

export function OtherNodes({ decision, exitId }: { decision: PassedDecision; exitId: string }) {
  const ready = view.value?.host.status === 'ready';
  useEffect(watchBook, []);
  useEffect(() => {
    if (ready) void loadNodes();
  }, [ready]);
  const current = view.value?.exits.find((exit) => exit.exitId === exitId)?.node?.did;
  const others = pick({ nodes: nodes.value, book: book.value, nameOf: countryName }, NO_FILTER)
    .filter(({ did, online }) => online && did !== current)
    .slice(0, SHOWN);
  if (others.length === 0) return null;
  return (
    <section aria-labelledby="other-nodes">
      <h2 id="other-nodes" class="section-title">
        {t('otherNodes')}
      </h2>
      <ul class="list">
        {others.map((node) => (
          <li key={node.did} class="row">
            <Flag code={node.country} size={22} />
            <span class="row-main">
              <span class="row-title">{nodeName(node)}</span>
              <span class="row-sub">
                <bdi>{millis(node.latencyMs)}</bdi> ·{' '}
                <Amount wei={BigInt(node.pricePerMB) * 1000n} digits={3} per="GB" />
              </span>
            </span>
            <button
              type="button"
              class="button small"
              data-testid={TEST.blockedUse}
              data-key={node.did}
              aria-label={`${t('use')}: ${nodeName(node)}`}
              onClick={() => take(node, decision)}
            >
              {t('use')}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function take(node: NodeView, decision: PassedDecision): void {
  const action = nodeAction(node);
  if (decision.rule === null || decision.action.kind === 'default') fire({ name: 'default', exit: action });
  else fire({ name: 'rule.upsert', rule: { ...decision.rule, action } });
}
