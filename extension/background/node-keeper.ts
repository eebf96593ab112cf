/**
 * What is remembered of nodes: the book in storage.local (days, sums and the user's marks), the sessions of
 * this browser run in memory. A book that cannot be read is put aside for a person to look at.
 */
import type { Exit, Node } from '../../shared/wire/native.ts';
import type { SessionView } from '../messages.ts';
import { type Book, EMPTY_BOOK, type MarkName } from '../nodes/book.ts';
import { dayOf, forgotten, mark, noteBegun, noteEnded, noteSeen } from '../nodes/book-notes.ts';
import { BookSchema } from '../nodes/book-schema.ts';
import { follow, type Session } from '../nodes/sessions.ts';
import type { NodeRef } from '../routing/rules.ts';
import { load, type StorageArea } from './store.ts';

const KEY = 'nodes';

export class NodeKeeper {
  book: Book = EMPTY_BOOK;
  /** Grows with every change: windows know by it when to ask anew. */
  revision = 1;
  private log: readonly Session[] = [];
  private readonly area: StorageArea;
  private readonly now: () => number;

  constructor(area: StorageArea, now: () => number) {
    this.area = area;
    this.now = now;
  }

  async load(): Promise<void> {
    const loaded = await load(this.area, KEY, BookSchema);
    if (loaded.state === 'ok') this.book = loaded.value;
    if (loaded.state === 'broken') await this.area.set({ [`${KEY}.unreadable`]: (await this.area.get(KEY))[KEY] });
  }

  /** Newest first. */
  get sessions(): SessionView[] {
    return this.log.map(({ did, startedAt, endedAt, down, up, spent }) => ({
      did,
      startedAt,
      endedAt,
      down,
      up,
      spent: String(spent),
    }));
  }

  /** Nodes that the relays list now. */
  async see(nodes: readonly Node[]): Promise<void> {
    await this.write(noteSeen(this.book, nodes, this.today));
  }

  /** The exits of a snapshot; none when the host is gone. */
  async follow(exits: readonly Exit[]): Promise<void> {
    const { sessions, begun, ended } = follow(this.log, exits, this.now());
    this.log = sessions;
    let { book } = this;
    for (const node of begun) book = noteSeen(noteBegun(book, refOf(node)), [node], this.today);
    for (const session of ended) book = noteEnded(book, session, this.today);
    await this.write(book);
  }

  /** @throws RangeError when no more can be blocked. */
  async mark(node: NodeRef, name: MarkName, on: boolean): Promise<void> {
    await this.write(mark(this.book, node, name, on));
  }

  async forget(): Promise<void> {
    this.log = this.log.filter(({ endedAt }) => endedAt === null);
    await this.write(forgotten(this.book));
  }

  private get today(): number {
    return dayOf(this.now());
  }

  private async write(next: Book): Promise<void> {
    if (next === this.book) return;
    this.book = next;
    this.revision++;
    await this.area.set({ [KEY]: next });
  }
}

function refOf({ did, country, city, network }: Node): NodeRef {
  const label = city ?? network ?? undefined;
  return { kind: 'node', did, country, ...(label ? { label } : {}) };
}
