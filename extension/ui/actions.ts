/** Actions and exits as the values of a <select>, and as words. */
import { parseDid } from '../../shared/base/units.ts';
import type { NodeView } from '../messages.ts';
import type { Action, ExitRef } from '../routing/rules.ts';
import { countryName, placeText } from './format.ts';
import { t } from './i18n.ts';
import { view } from './link.ts';

export function actionValue(action: Action): string {
  if (action.kind === 'country') return `country:${action.country}`;
  return action.kind === 'node' ? `node:${action.did}` : action.kind;
}

/** The action that a value of `actionOptions` means. */
export function actionFrom(value: string, options: readonly Option[]): Action {
  return options.find((option) => option.value === value)?.action ?? { kind: 'default' };
}

export interface Option {
  readonly value: string;
  readonly text: string;
  readonly action: Action;
  readonly group: 'plain' | 'country' | 'node';
}

/**
 * Everything that a site can be sent to: the fixed three, then every country and node known now or already in use.
 * @param used what the rules name (`View.routes.named`).
 */
export function actionOptions(used: readonly (Action | ExitRef)[], nodes: readonly NodeView[]): Option[] {
  const countries = new Set([
    ...nodes.map((node) => node.country),
    ...used.flatMap((action) => ('country' in action ? [action.country] : [])),
  ]);
  const byDid = new Map<string, Action>();
  for (const node of nodes) byDid.set(node.did, nodeAction(node));
  for (const action of used) if (action.kind === 'node' && !byDid.has(action.did)) byDid.set(action.did, action);
  const plain: Action[] = [{ kind: 'default' }, { kind: 'direct' }, { kind: 'block' }];
  return [
    ...plain.map((action) => option(action, 'plain')),
    ...[...countries]
      .sort((a, b) => countryName(a).localeCompare(countryName(b)))
      .map((country) => option({ kind: 'country', country }, 'country')),
    ...[...byDid.values()].map((action) => option(action, 'node')),
  ];
}

export function nodeAction(node: NodeView): Extract<Action, { kind: 'node' }> {
  const label = node.city ?? node.network ?? undefined;
  const did = parseDid(node.did).did;
  return { kind: 'node', did, country: node.country, ...(label ? { label } : {}) };
}

/** Whether this very node is what "default" means. */
export function isDefault(node: NodeView): boolean {
  const chosen = view.value?.routes.defaultExit;
  return chosen?.kind === 'node' && chosen.did === parseDid(node.did).did;
}

/** "via Germany", "direct", "blocked" … */
export function actionText(action: Action | ExitRef): string {
  switch (action.kind) {
    case 'direct':
      return t('actionDirect');
    case 'block':
      return t('actionBlock');
    case 'default':
      return t('actionDefault');
    case 'any':
      return t('anyNode');
    case 'country':
      return countryName(action.country);
    case 'node':
      return action.label ? placeText(action.label, action.country) : countryName(action.country);
  }
}

function option(action: Action, group: Option['group']): Option {
  return { value: actionValue(action), text: actionText(action), action, group };
}
