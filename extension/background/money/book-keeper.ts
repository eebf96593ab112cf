/** The wallet's book in storage: written whole with every change, one change after the other. */
import { type Book, BookSchema, EMPTY_BOOK } from '../../wallet/ledger-book.ts';
import { load, type StorageArea } from '../store.ts';

const KEY = 'book';

export class BookKeeper {
  current: Book = EMPTY_BOOK;
  private readonly local: StorageArea;
  private readonly onChange: () => void;

  constructor(local: StorageArea, onChange: () => void) {
    this.local = local;
    this.onChange = onChange;
  }

  async load(): Promise<void> {
    const loaded = await load(this.local, KEY, BookSchema);
    if (loaded.state === 'ok') this.current = loaded.value;
  }

  get pending(): boolean {
    return this.current.history.some((entry) => entry.status === 'pending');
  }

  async change(how: (book: Book) => Book): Promise<void> {
    const next = how(this.current);
    if (next === this.current) return;
    this.current = next;
    await this.local.set({ [KEY]: next });
    this.onChange();
  }

  async erase(): Promise<void> {
    this.current = EMPTY_BOOK;
    await this.local.remove(KEY);
  }
}
