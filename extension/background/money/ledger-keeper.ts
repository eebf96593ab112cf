/** The account's ledger and spending in storage, brought up to date from the chain through the host. */
import type { Address, Wei } from '../../../shared/base/units.ts';
import type { Network, Snapshot } from '../../../shared/wire/native.ts';
import { channelId } from '../../../shared/wire/proof.ts';
import {
  addPage,
  emptyLedger,
  type Ledger,
  type LedgerEntry,
  LedgerSchema,
  ledgerEntries,
  nextQuestion,
  type OwnChannel,
  openedChannels,
} from '../../wallet/ledger.ts';
import { type KnownChannel, learnChannels } from '../../wallet/ledger-book.ts';
import {
  dayOf,
  NOTHING_SPENT,
  noteClaimed,
  noteSigned,
  type Spending,
  SpendingSchema,
  type Spent,
  spentIn,
} from '../../wallet/spending.ts';
import type { NativeLink, Timers } from '../native-link.ts';
import { load, plain, type StorageArea } from '../store.ts';
import type { BookKeeper } from './book-keeper.ts';

const LEDGER_KEY = 'ledger';
const SPENDING_KEY = 'spending';
/** Pages a look: a long history comes in several. */
const MAX_PAGES = 40;
/** Signed amounts rise several times a second; written down so often at most. */
const WRITE_MS = 2_000;

export class LedgerKeeper {
  entries: readonly LedgerEntry[] = [];
  head = 0;
  private ledger: Ledger | null = null;
  private spending: Spending = NOTHING_SPENT;
  private syncing: Promise<void> | null = null;
  private writing = false;
  private readonly local: StorageArea;
  private readonly link: NativeLink;
  private readonly book: BookKeeper;
  private readonly timers: Timers;
  private readonly onChange: () => void;

  constructor(local: StorageArea, link: NativeLink, book: BookKeeper, timers: Timers, onChange: () => void) {
    this.local = local;
    this.link = link;
    this.book = book;
    this.timers = timers;
    this.onChange = onChange;
  }

  async load(): Promise<void> {
    const [ledger, spending] = await Promise.all([
      load(this.local, LEDGER_KEY, LedgerSchema),
      load(this.local, SPENDING_KEY, SpendingSchema),
    ]);
    if (ledger.state === 'ok') this.take(ledger.value);
    if (spending.state === 'ok') this.spending = spending.value;
  }

  /** First block that the history covers; null while nothing was read. */
  get since(): number | null {
    return this.ledger?.since ?? null;
  }

  spent(now: number): { today: Spent; month: Spent } {
    const day = this.dayOf(now);
    return { today: spentIn(this.spending, day), month: spentIn(this.spending, day.slice(0, 7)) };
  }

  /** Highest amount known to be signed for a channel. */
  signed(payer: Address, { signer, payee }: Pick<KnownChannel, 'signer' | 'payee'>): Wei {
    return this.spending.marks[channelId({ payer, signer, payee })] ?? 0n;
  }

  /** What the exits say they signed. */
  follow(payer: Address, snapshot: Snapshot): void {
    const day = this.dayOf(this.timers.now());
    for (const { node, spentTotal, spentSession } of snapshot.exits) {
      const known = this.book.current.channels.find(({ payee }) => payee === node?.payee);
      if (!known) continue;
      const id = channelId({ payer, ...known });
      this.spend(noteSigned(this.spending, id, spentTotal, spentSession, day));
    }
  }

  /** Everything new on the chain. One look at a time; a second caller waits for the same. @throws WarrenError from the host. */
  sync(account: Address, network: Network): Promise<void> {
    this.syncing ??= this.read(account, network).finally(() => {
      this.syncing = null;
    });
    return this.syncing;
  }

  async erase(): Promise<void> {
    this.ledger = null;
    this.entries = [];
    this.spending = NOTHING_SPENT;
    await Promise.all([this.local.remove(LEDGER_KEY), this.local.remove(SPENDING_KEY)]);
  }

  private async read(account: Address, network: Network): Promise<void> {
    const { chainId, channels } = network;
    const old = this.ledger;
    const fits = old?.account === account && old.chainId === chainId && old.channels === channels;
    let ledger = fits && old ? old : emptyLedger(account, chainId, channels);
    for (let pages = 0; pages < MAX_PAGES; pages++) {
      const from = nextQuestion(ledger);
      const ids = this.known(account).map(({ id }) => id);
      const params = { address: account, channels: ids, ...(from === undefined ? {} : { from }) };
      const page = await this.link.ask<'wallet.history'>({ method: 'wallet.history', params });
      ledger = addPage(ledger, page);
      await this.book.change((book) => learnChannels(book, openedChannels(ledger)));
      if (page.next > page.head) break;
    }
    this.take(ledger);
    this.noteClaims(account, ledger);
    await this.local.set({ [LEDGER_KEY]: plain(ledger) });
    this.onChange();
  }

  private take(ledger: Ledger): void {
    this.ledger = ledger;
    this.head = ledger.head;
    this.entries = ledgerEntries(ledger, this.known(ledger.account));
  }

  private known(payer: Address): OwnChannel[] {
    return this.book.current.channels.map(({ payee, signer, graceMinutes }) => {
      return { id: channelId({ payer, signer, payee }), payee, signer, graceMinutes };
    });
  }

  private noteClaims(account: Address, { events }: Ledger): void {
    const own = new Set(this.known(account).map(({ id }) => id as string));
    for (const event of events) {
      if (event.event !== 'claimed' || !own.has(event.id)) continue;
      this.spend(noteClaimed(this.spending, event.id, event.total, this.dayOf(event.time * 1000)));
    }
  }

  private spend(next: Spending): void {
    if (next === this.spending) return;
    this.spending = next;
    if (this.writing) return;
    this.writing = true;
    this.timers.after(WRITE_MS, () => {
      this.writing = false;
      void this.local.set({ [SPENDING_KEY]: plain(this.spending) });
    });
  }

  private dayOf(at: number): string {
    return dayOf(at, new Date(at).getTimezoneOffset());
  }
}
