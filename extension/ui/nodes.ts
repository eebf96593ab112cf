/** The node list as the host knows it now. One list for the picker, the rules and the site menu. */
import { signal } from '@preact/signals';
import type { WarrenErrorData } from '../../shared/base/errors.ts';
import type { NodeView } from '../messages.ts';
import { countryName, placeText } from './format.ts';
import { t } from './i18n.ts';
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

/** "Kassel, Germany": a node in one breath. */
export function nodeName(node: {
  readonly country: string;
  readonly city?: string | undefined;
  readonly label?: string | undefined;
  readonly network?: string | null | undefined;
}): string {
  const place = node.city ?? node.label ?? node.network;
  return place ? placeText(place, node.country) : countryName(node.country);
}

/** "1 node", "7 nodes" */
export function countText(count: number): string {
  return count === 1 ? t('nodesOne') : t('nodesCount', count);
}
