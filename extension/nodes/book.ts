/** The book of nodes for whoever looks at it. Windows open with this: no schema, and nothing that writes. */
import type { NodeRef } from '../routing/rules.ts';
import type { Book } from './book-schema.ts';

export type { Book, Known, Use } from './book-schema.ts';

export const EMPTY_BOOK: Book = { version: 1, favourites: [], blocked: [], recents: [], known: [] };
export type MarkName = 'favourite' | 'blocked';

export function has(refs: readonly NodeRef[], did: string): boolean {
  return refs.some((ref) => ref.did === did);
}
