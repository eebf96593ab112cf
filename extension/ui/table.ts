/** The whole list of rules, for windows that show it: fetched once, and again when its revision moves on. */
import { effect, signal } from '@preact/signals';
import type { RouteTable } from '../routing/rules.ts';
import { fire, send, view } from './link.ts';

export const table = signal<RouteTable | null>(null);

let loaded = 0;

/** Call once from a component that shows rules; returns the end of the watch. */
export function watchTable(): () => void {
  return effect(() => {
    const wanted = view.value?.routes.revision ?? 0;
    if (wanted === 0 || wanted === loaded) return;
    loaded = wanted;
    send({ name: 'table' })
      .then((answer) => {
        table.value = answer.table;
      })
      .catch(() => {
        loaded = 0;
      });
  });
}

/** Shown at once; the background's answer confirms it, or the next table puts it right. */
export function changeTable(part: Partial<RouteTable>): void {
  if (table.value) table.value = { ...table.value, ...part };
  fire({ name: 'table.change', part });
}
