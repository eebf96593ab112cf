/** Watches what is on its way until every transaction is confirmed or failed, and says why one failed. */
import type { Network } from '../../../shared/wire/native.ts';
import { changeEntry, type Entry, MAX_REASON } from '../../wallet/ledger-book.ts';
import type { NativeLink, Timers } from '../native-link.ts';
import type { BookKeeper } from './book-keeper.ts';

const POLL_MS = 1_000;
const POLL_SLOW_MS = 5_000;
const POLL_FAST_FOR_MS = 60_000;

export class TransactionWatch {
  private polling = false;
  private readonly book: BookKeeper;
  private readonly link: NativeLink;
  private readonly timers: Timers;
  private readonly network: () => Network | null;
  /** Something was mined, or can not be any more: balances have changed. */
  private readonly onSettled: (entry: Entry) => Promise<void>;

  constructor(
    book: BookKeeper,
    link: NativeLink,
    timers: Timers,
    network: () => Network | null,
    onSettled: (entry: Entry) => Promise<void>,
  ) {
    this.book = book;
    this.link = link;
    this.timers = timers;
    this.network = network;
    this.onSettled = onSettled;
  }

  start(): void {
    if (this.polling || !this.book.pending || this.link.status !== 'ready') return;
    this.polling = true;
    const newest = Math.max(...this.book.current.history.filter((e) => e.status === 'pending').map((e) => e.at));
    const wait = this.timers.now() - newest < POLL_FAST_FOR_MS ? POLL_MS : POLL_SLOW_MS;
    this.timers.after(wait, () => {
      this.lookAtAll()
        .catch(() => {})
        .finally(() => {
          this.polling = false;
          this.start();
        });
    });
  }

  private async lookAtAll(): Promise<void> {
    for (const entry of this.book.current.history) {
      if (entry.status !== 'pending' || entry.hash === null) continue;
      const change = await this.lookAt(entry);
      if (!change) continue;
      await this.book.change((book) => changeEntry(book, entry.id, change));
      if (change.status !== 'pending') await this.onSettled(entry);
    }
  }

  private async lookAt(entry: Entry): Promise<Partial<Entry> | null> {
    const receipt = await this.receipt(entry);
    if (receipt.status === 'pending')
      return (await this.replaced(entry)) ? { status: 'failed', reason: 'replaced' } : null;
    const needed = this.network()?.confirmations ?? 1;
    const { confirmations, reason, fee } = receipt;
    const done = receipt.status === 'confirmed' && confirmations >= needed;
    return {
      status: receipt.status === 'reverted' ? 'failed' : done ? 'confirmed' : 'pending',
      confirmations,
      ...(fee === undefined ? {} : { fee: String(fee) }),
      ...(reason === undefined ? {} : { reason: reason.slice(0, MAX_REASON) }),
    };
  }

  private receipt({ hash }: Entry) {
    const params = { hash: hash as `0x${string}` };
    return this.link.ask<'wallet.receipt'>({ method: 'wallet.receipt', params });
  }

  /** Its nonce is in a block and it is not: another transaction of this account took its place, it can never be mined. */
  private async replaced(entry: Entry): Promise<boolean> {
    const { from, nonce } = entry;
    if (from === undefined || nonce === null) return false;
    const params = { address: from };
    const { minedNonce } = await this.link.ask<'wallet.account'>({ method: 'wallet.account', params });
    if (minedNonce === undefined || minedNonce <= nonce) return false;
    // Once more: it may have been mined between the two questions.
    return (await this.receipt(entry)).status === 'pending';
  }
}
