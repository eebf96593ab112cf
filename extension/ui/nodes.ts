/** The node list as the host knows it now. One list for the picker, the rules and the site menu. */
import { signal } from '@preact/signals';
import type { WarrenErrorData } from '../../shared/base/errors.ts';
import type { NodeView } from '../messages.ts';
import { send } from './link.ts';

export const nodes = signal<readonly NodeView[]>([]);
export const nodesState = signal<'idle' | 'loading' | 'loaded' | { readonly error: WarrenErrorData }>('idle');

export async function loadNodes(): Promise<void> {
  nodesState.value = 'loading';
  try {
    const page = await send<'nodes'>({ name: 'nodes' });
    nodes.value = page.nodes;
    nodesState.value = 'loaded';
  } catch (error) {
    nodesState.value = { error: error as WarrenErrorData };
  }
}

export interface NodeFilter {
  readonly search: string;
  readonly country: string;
  readonly residential: boolean;
}

/** Online ones first, then the nearest, then the cheapest. */
export function filterNodes(
  list: readonly NodeView[],
  filter: NodeFilter,
  nameOf: (code: string) => string,
): NodeView[] {
  const words = filter.search.trim().toLowerCase();
  return list
    .filter((node) => filter.country === '' || node.country === filter.country)
    .filter((node) => !filter.residential || node.residential)
    .filter((node) => words === '' || haystack(node, nameOf).includes(words))
    .sort(
      (a, b) =>
        Number(b.online) - Number(a.online) ||
        (a.latencyMs ?? 1e9) - (b.latencyMs ?? 1e9) ||
        compare(BigInt(a.pricePerMB), BigInt(b.pricePerMB)),
    );
}

function haystack(node: NodeView, nameOf: (code: string) => string): string {
  const asn = node.asn === null ? '' : `as${node.asn}`;
  return [nameOf(node.country), node.country, node.city, node.network, asn, node.did].join(' ').toLowerCase();
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
