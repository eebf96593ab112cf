/** One node: what was measured of it, what it says of itself, and what you did together. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { Flag } from '../../../shared/ui/Flag.tsx';
import type { NodeView } from '../../messages.ts';
import type { Known } from '../../nodes/book.ts';
import type { NodeRef } from '../../routing/rules.ts';
import { nodeAction } from '../actions.ts';
import { book, markNode } from '../book.ts';
import { age, countryName, date, dayDate, decimal, millis, speedText } from '../format.ts';
import { t } from '../i18n.ts';
import { send } from '../link.ts';
import { nodeName } from '../nodes.ts';
import { reportText } from '../report.ts';
import { TEST } from '../testids.ts';
import { Amount } from './Amount.tsx';
import { CopyButton } from './CopyButton.tsx';
import { Icon } from './Icon.tsx';
import { NodePrices } from './NodePrices.tsx';
import { UseNode } from './NodeRow.tsx';
import { NodeSessions } from './NodeSessions.tsx';
import { Star } from './Star.tsx';

interface Props {
  readonly node: NodeView;
  onBack(): void;
  onBlocked(node: NodeRef): void;
}

export function NodeDetails({ node, onBack, onBlocked }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  const bornAt = useBirth(node.did);
  useEffect(() => heading.current?.focus(), [node.did]);
  const known = book.value.known.find(({ did }) => did === node.did) ?? null;
  const block = () => {
    const ref = nodeAction(node);
    markNode(ref, 'blocked', true);
    onBlocked(ref);
  };
  return (
    <article class="node-page" data-testid={TEST.nodePage} data-key={node.did}>
      <button type="button" class="button quiet small node-back" data-testid={TEST.nodeBack} onClick={onBack}>
        <Icon name="back" size={16} />
        {t('backToNodes')}
      </button>
      <header class="node-head">
        <Flag code={node.country} size={30} />
        <div>
          <h2 class="sheet-title" ref={heading} tabIndex={-1}>
            {nodeName(node)}
          </h2>
          <p class="row-sub">
            <Icon name={node.residential ? 'home' : 'server'} size={14} />
            {node.residential ? t('home') : t('hosting')}
            {node.network ? ` · ${node.network}` : ''}
          </p>
        </div>
      </header>
      <div class="node-actions">
        <UseNode node={node} />
        <Star node={node} />
        <button type="button" class="button small" data-testid={TEST.nodeBlock} onClick={block}>
          <Icon name="ban" size={16} />
          {t('block')}
        </button>
      </div>
      <section class="card" aria-label={t('measured')}>
        <h3 class="card-title">{t('measured')}</h3>
        <dl class="facts">
          <dt>{t('latency')}</dt>
          <dd>{node.online ? millis(node.latencyMs) : t('offline')}</dd>
          <dt>{t('speedMeasured')}</dt>
          <dd>{known?.use?.top ? t('speedUpTo', speedText(known.use.top)) : t('speedUnknown')}</dd>
          <dt>{t('reached')}</dt>
          <dd>{reachText(known)}</dd>
          <dt>{t('identityAge')}</dt>
          <dd data-testid={TEST.nodeAge}>{birthText(bornAt)}</dd>
          <dt>{t('firstSeen')}</dt>
          <dd>{known ? dayDate(known.first) : t('ageToday')}</dd>
        </dl>
      </section>
      <section class="card" aria-label={t('price')}>
        <h3 class="card-title">{t('price')}</h3>
        <p>
          <Amount wei={BigInt(node.pricePerMB) * 1000n} digits={4} per="GB" />
        </p>
        <NodePrices prices={known?.prices ?? []} />
      </section>
      <NodeSessions did={node.did} use={known?.use ?? null} />
      <section class="card" aria-label={t('itSays')}>
        <h3 class="card-title">{t('itSays')}</h3>
        <dl class="facts">
          <dt>{t('country')}</dt>
          <dd>{countryName(node.country)}</dd>
          <dt>{t('network')}</dt>
          <dd>
            {node.asn === null ? '–' : `AS${node.asn}`}
            {node.network ? ` · ${node.network}` : ''}
          </dd>
          <dt>{t('capacity')}</dt>
          <dd>{decimal(node.capacityMbps)} Mbit/s</dd>
        </dl>
        <p class="note">{t('itSaysNote')}</p>
        <code class="did">{node.did}</code>
        <div class="node-actions">
          <CopyButton text={node.did} label={t('copyDid')} />
          <CopyButton text={reportText(node, known, bornAt)} label={t('copyReport')} testid={TEST.nodeReport} />
        </div>
        <p class="note">{t('reportNote')}</p>
      </section>
    </article>
  );
}

type Birth = { readonly bornAt: number | null } | 'asking' | 'unknown';

/** What the chain says of the identity's age. */
function useBirth(did: string): Birth {
  const [birth, setBirth] = useState<Birth>('asking');
  useEffect(() => {
    let gone = false;
    setBirth('asking');
    send<'node.identity'>({ name: 'node.identity', did })
      .then((answer) => {
        if (!gone) setBirth(answer);
      })
      .catch(() => {
        if (!gone) setBirth('unknown');
      });
    return () => {
      gone = true;
    };
  }, [did]);
  return birth;
}

function birthText(birth: Birth): string {
  if (birth === 'asking') return '…';
  if (birth === 'unknown') return t('ageUnknown');
  if (birth.bornAt === null) return t('ageNone');
  const at = birth.bornAt * 1000;
  return `${age(Date.now() - at)} · ${date(at)}`;
}

function reachText(known: Known | null): string {
  const reach = known?.use?.reach;
  if (!reach) return t('reachedNever');
  if (reach.kind === 'relay') return t('reachedRelay');
  if (reach.kind === 'lan') return t('reachedLan');
  return reach.remote === 'host' ? t('reachedOpen') : reach.remote === 'srflx' ? t('reachedNat') : t('reachedHardNat');
}
