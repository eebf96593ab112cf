/** What is remembered of nodes, for windows that show it: fetched once, and again when its revision moves on. */
import { computed, effect, signal } from '@preact/signals';
import type { NodeView, SessionView } from '../messages.ts';
import { type Book, EMPTY_BOOK, has, type MarkName } from '../nodes/book.ts';
import { speedsOf } from '../nodes/pick.ts';
import type { NodeRef } from '../routing/rules.ts';
import { nodeAction } from './actions.ts';
import { fire, send, view } from './link.ts';

export const book = signal<Book>(EMPTY_BOOK);
/** Best measured speed by DID, bytes a second. */
export const speeds = computed(() => speedsOf(book.value));
/** Newest first. */
export const sessions = signal<readonly SessionView[]>([]);

let loaded = 0;

/** Call once from a component that shows nodes; returns the end of the watch. */
export function watchBook(): () => void {
  return effect(() => {
    const wanted = view.value?.bookRevision ?? 0;
    if (wanted === 0 || wanted === loaded) return;
    loaded = wanted;
    void loadBook();
  });
}

/** Sessions that last grow without a new revision. */
export async function loadBook(): Promise<void> {
  try {
    const answer = await send<'book'>({ name: 'book' });
    book.value = answer.book;
    sessions.value = answer.sessions;
  } catch {
    loaded = 0;
  }
}

export function isMarked(did: string, name: MarkName): boolean {
  return has(name === 'favourite' ? book.value.favourites : book.value.blocked, did);
}

/** What may be chosen: a blocked node would fit no rule. */
export function unblocked(nodes: readonly NodeView[]): NodeView[] {
  return nodes.filter(({ did }) => !isMarked(did, 'blocked'));
}

export function markNode(node: NodeView | NodeRef, name: MarkName, on: boolean): void {
  fire({ name: 'node.mark', node: 'kind' in node ? node : nodeAction(node), mark: name, on });
}
