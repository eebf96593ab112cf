/**
 * The money desk: what is asked of the user, what is agreed to, and what may be paid without a question. One question
 * is answered at a time; facts, sending, watching and history are the keepers' beside it.
 */
import { WarrenError } from '../../../shared/base/errors.ts';
import type { Address } from '../../../shared/base/units.ts';
import type { Exit, Network, Snapshot } from '../../../shared/wire/native.ts';
import type { Approval } from '../../messages.ts';
import { type AddressProblem, type CheckedAddress, checkAddress } from '../../wallet/address-check.ts';
import { needId, type PreparedApproval, prepareApprovals } from '../../wallet/approvals.ts';
import { type Asked, askedId } from '../../wallet/asked.ts';
import { channelKey } from '../../wallet/fees.ts';
import { HistoryMemo } from '../../wallet/history.ts';
import { addEntry, type Entry } from '../../wallet/ledger-book.ts';
import type { ChainAction } from '../../wallet/transactions.ts';
import type { NativeLink, Timers } from '../native-link.ts';
import type { StorageArea } from '../store.ts';
import type { Purse } from '../wallet-keeper.ts';
import { AutoPayer } from './auto-payer.ts';
import { BookKeeper } from './book-keeper.ts';
import { Cashier } from './cashier.ts';
import { ChainFacts } from './chain-facts.ts';
import { LedgerKeeper } from './ledger-keeper.ts';
import { LimitsKeeper } from './limits-keeper.ts';
import { TransactionWatch } from './transaction-watch.ts';

const REFRESH_AGAIN_MS = 2_000;

export class MoneyDesk {
  readonly book: BookKeeper;
  readonly facts: ChainFacts;
  readonly ledger: LedgerKeeper;
  readonly limits: LimitsKeeper;
  snapshot: Snapshot | null = null;
  readonly memo = new HistoryMemo();
  private asked: readonly Asked[] = [];
  private readonly rejected = new Set<string>();
  private queue: Promise<unknown> = Promise.resolve();
  private seenNeeds = '';
  private stopTrying: () => void = () => {};
  private readonly auto: AutoPayer;
  private readonly cashier: Cashier;
  private readonly watch: TransactionWatch;
  private readonly link: NativeLink;
  private readonly wallet: Purse;
  private readonly timers: Timers;
  private readonly network: () => Network | null;
  private readonly onChange: () => void;

  constructor(
    local: StorageArea,
    link: NativeLink,
    wallet: Purse,
    timers: Timers,
    network: () => Network | null,
    onChange: () => void,
  ) {
    this.link = link;
    this.wallet = wallet;
    this.timers = timers;
    this.network = network;
    this.onChange = onChange;
    this.book = new BookKeeper(local, onChange);
    this.facts = new ChainFacts(link, timers);
    this.ledger = new LedgerKeeper(local, link, this.book, timers, onChange);
    this.limits = new LimitsKeeper(local);
    const { book, facts, ledger, limits } = this;
    this.auto = new AutoPayer({
      ...{ book, facts, ledger, limits, wallet, onChange },
      now: () => timers.now(),
      approve: (id, amount) => this.approve(id, amount, true),
    });
    this.cashier = new Cashier(book, link, wallet, timers, (payee) => this.priceFor(payee));
    this.watch = new TransactionWatch(this.book, link, timers, network, (entry) => this.settled(entry));
  }

  async load(): Promise<void> {
    await Promise.all([this.book.load(), this.ledger.load(), this.limits.load()]);
  }

  /** Book, ledger and limits of this account are gone from storage. */
  async erase(): Promise<void> {
    this.stopTrying();
    await Promise.all([this.book.erase(), this.ledger.erase(), this.limits.erase()]);
  }

  get pending(): boolean {
    return this.book.pending;
  }

  approvals(): Approval[] {
    return this.prepared().map(({ view }) => view);
  }

  /** Follows the host: new needs and refunds bring fresh facts. */
  async follow(snapshot: Snapshot): Promise<void> {
    this.snapshot = snapshot;
    if (this.wallet.address) this.ledger.follow(this.wallet.address, snapshot);
    await this.noteRefunds(snapshot.exits);
    const needs = snapshot.exits.map((exit) => needId(exit) ?? '').join();
    const changed = needs !== this.seenNeeds;
    this.seenNeeds = needs;
    if (changed) await this.keepTrying();
    this.auto.consider(this.prepared());
    this.watch.start();
  }

  /** Refreshes until it worked or the host is gone: a sheet must not stay without its numbers. */
  async keepTrying(): Promise<void> {
    this.stopTrying();
    await this.refresh().catch(() => {
      this.onChange();
      this.stopTrying = this.timers.after(REFRESH_AGAIN_MS, () => {
        if (this.link.status === 'ready') void this.keepTrying();
      });
    });
  }

  /** Balances, channels and history anew. @throws WarrenError from the host, ledger_unreachable among them. */
  async refresh(touched: ReadonlySet<string> = new Set()): Promise<void> {
    const { address } = this.wallet;
    const network = this.network();
    if (address === null || network === null || this.link.status !== 'ready') return;
    await this.facts.refresh(address, this.book.current.channels, touched);
    this.onChange();
    await this.ledger.sync(address, network);
    // History may have told of channels that this book did not know.
    const unread = this.book.current.channels.filter(
      ({ payee, signer }) => !this.facts.channels.has(channelKey(payee, signer)),
    );
    if (unread.length > 0) await this.facts.refresh(address, unread, touched);
    this.onChange();
    this.auto.consider(this.prepared());
  }

  /** A question of the user's own; it takes the place of an older one about the same channel. */
  ask(asked: Asked): void {
    const id = askedId(asked);
    const other = (known: Asked) =>
      askedId(known) !== id && !('payee' in known && 'payee' in asked && known.payee === asked.payee);
    this.rejected.delete(id);
    this.asked = [...this.asked.filter(other), asked];
    this.onChange();
  }

  /** The same action once more, as a new question. */
  retry(id: string): void {
    const entry = this.book.current.history.find((known) => known.id === id && known.status === 'failed');
    const asked = entry && againOf(entry);
    if (asked) this.ask(asked);
  }

  checkAddress(text: string): CheckedAddress | AddressProblem {
    const network = this.network();
    const transfers = this.ledger.entries.flatMap(({ kind, counterparty }) =>
      counterparty ? [{ kind, counterparty }] : [],
    );
    const { history, channels } = this.book.current;
    return checkAddress(text, {
      own: this.wallet.address,
      contracts: network ? [network.token, network.channels] : [],
      sentTo: [
        ...history.flatMap(({ to }) => to ?? []),
        ...transfers.filter(({ kind }) => kind === 'sent').map(({ counterparty }) => counterparty),
      ],
      seen: [...transfers.map(({ counterparty }) => counterparty), ...channels.map(({ payee }) => payee)],
    });
  }

  reject(id: string): void {
    this.asked = this.asked.filter((asked) => askedId(asked) !== id);
    this.rejected.add(id);
    this.onChange();
  }

  /** Connect was pressed again, or a window asks to review: what was declined may be asked once more. */
  askAgain(): void {
    this.rejected.clear();
    this.onChange();
  }

  /** The wallet was locked: what was asked for before needs a new wish. */
  forgetAsked(): void {
    this.asked = [];
  }

  /** @throws WarrenError wallet_locked, funds_insufficient, or what the host says. */
  approve(id: string, amount: bigint | null, auto = false): Promise<void> {
    const run = this.queue.then(() => this.carryOut(id, amount, auto));
    this.queue = run.catch(() => {});
    return run;
  }

  /** What the host may pay a node without asking; nothing for one that was never agreed to. */
  priceFor(payee: Address): bigint {
    return this.auto.priceFor(payee);
  }

  async setLimits(limits: unknown): Promise<void> {
    await this.limits.set(limits);
    this.auto.lookAgain();
    this.onChange();
    this.auto.consider(this.prepared());
  }

  private async carryOut(id: string, amount: bigint | null, auto: boolean): Promise<void> {
    const network = this.network();
    const { address } = this.wallet.account();
    const account = await this.facts.readAccount(address);
    const prepared = this.prepared().find(({ view }) => view.id === id);
    if (!prepared || network === null) throw new WarrenError('internal', 'This question is no longer open.', 'Go on.');
    await this.cashier.carryOut(prepared, withAmount(prepared, amount), { network, account, auto });
    this.asked = this.asked.filter((asked) => askedId(asked) !== id);
    this.onChange();
    this.watch.start();
  }

  private prepared(): PreparedApproval[] {
    const signed = new Map<string, bigint>();
    const payer = this.wallet.address;
    if (payer)
      for (const channel of this.book.current.channels)
        signed.set(channelKey(channel.payee, channel.signer), this.ledger.signed(payer, channel));
    return prepareApprovals({
      exits: this.snapshot?.exits ?? [],
      asked: this.asked,
      rejected: this.rejected,
      book: this.book.current,
      account: this.facts.account,
      channels: this.facts.channels,
      signed,
      coinInToken: this.network()?.coinInToken ?? null,
      autoStops: this.auto.stops,
    });
  }

  private settled({ payee, signer }: Entry): Promise<void> {
    const touched = payee && signer ? [channelKey(payee, signer)] : [];
    return this.refresh(new Set(touched));
  }

  private async noteRefunds(exits: readonly Exit[]): Promise<void> {
    for (const exit of exits) {
      if (exit.refunded === null || exit.node === null) continue;
      const { payee, country } = exit.node;
      const id = `refund:${payee}:${exit.spentTotal}:${exit.refunded}`;
      if (this.book.current.history.some((entry) => entry.id === id)) continue;
      const entry: Entry = {
        id,
        kind: 'refund',
        at: this.timers.now(),
        payee,
        country,
        amount: String(exit.refunded),
        hash: null,
        status: 'confirmed',
        confirmations: 0,
        nonce: null,
        permitNonce: null,
        askedAt: null,
      };
      await this.book.change((book) => addEntry(book, entry));
      await this.refresh().catch(() => {});
    }
  }
}

function withAmount({ action, minAmount }: PreparedApproval, amount: bigint | null): ChainAction {
  if (amount === null || !('amount' in action)) return action;
  if (amount < minAmount) {
    throw new WarrenError('channel_unfunded', 'The deposit is below what this node accepts.', 'Raise the amount.');
  }
  return { ...action, amount };
}

function againOf({ kind, payee, signer, to, amount }: Entry): Asked | null {
  if ((kind === 'topUp' || kind === 'requestClose' || kind === 'withdraw') && payee && signer)
    return { kind, payee, signer };
  return (kind === 'send' || kind === 'sendCoin') && to ? { kind, to, amount: BigInt(amount) } : null;
}
