/** The node picker: search, filters, the map, and the list; one press makes a node the exit. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { NodeView } from '../../messages.ts';
import { absent, best, NO_FILTER, pick } from '../../nodes/pick.ts';
import type { NodeRef } from '../../routing/rules.ts';
import { book, loadBook, watchBook } from '../book.ts';
import { countryName } from '../format.ts';
import { errorText, t } from '../i18n.ts';
import { view } from '../link.ts';
import { countText, loadNodes, nodes, nodesState } from '../nodes.ts';
import { TEST } from '../testids.ts';
import { AbsentNodes } from './AbsentNodes.tsx';
import { BlockedNodes, BlockedNotice } from './BlockedNodes.tsx';
import { Icon } from './Icon.tsx';
import { NodeDetails } from './NodeDetails.tsx';
import { NodeFilters } from './NodeFilters.tsx';
import { NodeMap } from './NodeMap.tsx';
import { NodePicks } from './NodePicks.tsx';
import { NodeRow } from './NodeRow.tsx';

/** Latencies and newcomers arrive while the list is open. */
const REFRESH_MS = 5_000;
/** Rows at first, and with every press of "more". */
const ROWS = 60;

/** @param wide there is room for the map at once. */
export function NodeList({ wide = false }: { wide?: boolean }) {
  const [filter, setFilter] = useState(NO_FILTER);
  const [map, setMap] = useState(wide);
  const [rows, setRows] = useState(ROWS);
  const [open, setOpen] = useState<NodeView | null>(null);
  const [justBlocked, setJustBlocked] = useState<NodeRef | null>(null);
  const list = useRef<HTMLUListElement>(null);
  const left = useRef<string | null>(null);
  const ready = view.value?.host.status === 'ready';
  useEffect(watchBook, []);
  useEffect(() => {
    if (!ready) return;
    const load = () => {
      void loadNodes();
      void loadBook();
    };
    load();
    const timer = setInterval(load, REFRESH_MS);
    return () => clearInterval(timer);
  }, [ready]);
  // Back from a node's page: to the row that it was opened from.
  useEffect(() => {
    if (open === null && left.current !== null)
      list.current?.querySelector<HTMLElement>(`[data-key="${left.current}"] .row-open`)?.focus();
    left.current = open?.did ?? null;
  }, [open]);
  const picker = { nodes: nodes.value, book: book.value, nameOf: countryName };
  if (open) {
    return (
      <NodeDetails
        node={nodes.value.find(({ did }) => did === open.did) ?? open}
        onBack={() => setOpen(null)}
        onBlocked={(ref) => {
          // The row is about to go: the focus belongs to the undo.
          left.current = null;
          setJustBlocked(ref);
          setOpen(null);
        }}
      />
    );
  }
  const shown = pick(picker, filter);
  return (
    <section class="nodes" aria-label={t('nodes')}>
      {justBlocked ? <BlockedNotice node={justBlocked} onDone={() => setJustBlocked(null)} /> : null}
      <NodeFilters filter={filter} onFilter={setFilter} map={map} onMap={setMap} />
      {map ? (
        <NodeMap
          nodes={pick(picker, { ...filter, country: '' })}
          country={filter.country}
          onCountry={(country) => setFilter({ ...filter, country })}
        />
      ) : null}
      <NodePicks {...best(shown)} />
      <p class="note" aria-live="polite" data-testid={TEST.nodesStatus}>
        {status(shown.length, filter.country)}
      </p>
      <ul class="list" ref={list}>
        {shown.slice(0, rows).map((node) => (
          <NodeRow key={node.did} node={node} onOpen={() => setOpen(node)} />
        ))}
      </ul>
      <AbsentNodes nodes={absent(picker, filter.group)} />
      {shown.length > rows ? (
        <button type="button" class="button" onClick={() => setRows(rows + ROWS)}>
          <Icon name="down" size={16} />
          {t('nodesMore', shown.length - rows)}
        </button>
      ) : null}
      <BlockedNodes />
    </section>
  );
}

function status(shown: number, country: string): string {
  const state = nodesState.value;
  if (typeof state === 'object') return errorText(state.error).message;
  if (state === 'loading' && nodes.value.length === 0) return t('nodesLoading');
  if (shown === 0) return t('nodesNone');
  return country === '' ? countText(shown) : t('nodesIn', countText(shown), countryName(country));
}
