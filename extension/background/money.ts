/**
 * The money desk: balances, approvals, transactions on their way. It signs only what a person agreed
 * to on the sheet, one at a time, and asks the host for facts; it keeps no key.
 */
import { WarrenError } from '../../shared/base/errors.ts';
import type { Address } from '../../shared/base/units.ts';
import type { Exit, Network, Snapshot } from '../../shared/wire/native.ts';
import type { Approval, ChannelView, HistoryEntry } from '../messages.ts';
import { type Asked, needId, type PreparedApproval, prepareApprovals } from '../wallet/approvals.ts';
import type { Account, ChannelFacts } from '../wallet/facts.ts';
import {
  addChannel,
  addEntry,
  agreedPrice,
  agreePrice,
  type Book,
  BookSchema,
  changeEntry,
  EMPTY_BOOK,
  MAX_REASON,
  nextNonces,
} from '../wallet/ledger-book.ts';
import { type ChainAction, signAction, usesPermit, worstFee } from '../wallet/transactions.ts';
import type { NativeLink, Timers } from './native-link.ts';
import { load, type StorageArea } from './store.ts';
import type { WalletKeeper } from './wallet-keeper.ts';

const KEY = 'book';
const POLL_MS = 1_000;
const POLL_SLOW_MS = 5_000;
const REFRESH_AGAIN_MS = 2_000;
const POLL_FAST_FOR_MS = 60_000;

export class MoneyDesk {
  account: Account | null = null;
  private book: Book = EMPTY_BOOK;
  private asked: readonly Asked[] = [];
  private readonly rejected = new Set<string>();
  private readonly channels = new Map<Address, ChannelFacts>();
  private queue: Promise<unknown> = Promise.resolve();
  private polling = false;
  private seenNeeds = '';
  private stopTrying: () => void = () => {};
  private snapshot: Snapshot | null = null;
  private readonly local: StorageArea;
  private readonly link: NativeLink;
  private readonly wallet: WalletKeeper;
  private readonly timers: Timers;
  private readonly network: () => Network | null;
  private readonly onChange: () => void;

  constructor(
    local: StorageArea,
    link: NativeLink,
    wallet: WalletKeeper,
    timers: Timers,
    network: () => Network | null,
    onChange: () => void,
  ) {
    this.local = local;
    this.link = link;
    this.wallet = wallet;
    this.timers = timers;
    this.network = network;
    this.onChange = onChange;
  }

  async load(): Promise<void> {
    const loaded = await load(this.local, KEY, BookSchema);
    if (loaded.state === 'ok') this.book = loaded.value;
  }

  get pending(): boolean {
    return this.book.history.some((entry) => entry.status === 'pending');
  }

  approvals(): Approval[] {
    return this.prepared().map(({ view }) => view);
  }

  history(): HistoryEntry[] {
    return this.book.history.map(({ id, kind, at, amount, country, hash, status, confirmations, reason }) => {
      return { id, kind, at, amount, country, hash, status, confirmations, reason: reason ?? null };
    });
  }

  channelViews(): ChannelView[] {
    return this.book.channels.map(({ payee, signer, country, label }) => {
      const facts = this.channels.get(payee);
      const exit = this.snapshot?.exits.find((candidate) => candidate.node?.payee === payee);
      const live = exit && exit.phase !== 'closed' ? exit.spentTotal : 0n;
      const claimed = facts?.claimed ?? 0n;
      return {
        payee,
        signer,
        country,
        label,
        deposit: String(facts?.deposit ?? 0n),
        spent: String(live > claimed ? live : claimed),
        closeAt: facts?.closeAt ?? 0,
        exists: facts?.exists ?? false,
      };
    });
  }

  /** Follows the host: new needs and refunds bring fresh facts. */
  async follow(snapshot: Snapshot): Promise<void> {
    this.snapshot = snapshot;
    await this.noteRefunds(snapshot.exits);
    const needs = snapshot.exits.map((exit) => needId(exit) ?? '').join();
    const changed = needs !== this.seenNeeds;
    this.seenNeeds = needs;
    if (changed) await this.keepTrying();
    this.poll();
  }

  /** Refreshes until it worked or the host is gone: a sheet must not stay without its numbers. */
  async keepTrying(): Promise<void> {
    this.stopTrying();
    await this.refresh().catch(() => {
      this.stopTrying = this.timers.after(REFRESH_AGAIN_MS, () => {
        if (this.link.status === 'ready') void this.keepTrying();
      });
    });
  }

  /** Balances and channels anew. @throws WarrenError from the host, ledger_unreachable among them. */
  async refresh(): Promise<void> {
    const address = this.wallet.address;
    if (address === null || this.link.status !== 'ready') return;
    this.account = await this.link.ask<'wallet.account'>({ method: 'wallet.account', params: { address } });
    for (const { payee, signer } of this.book.channels) {
      const params = { payer: address, signer, payee };
      this.channels.set(payee, await this.link.ask<'wallet.channel'>({ method: 'wallet.channel', params }));
    }
    this.onChange();
  }

  ask(asked: Asked): void {
    this.asked = [...this.asked.filter(({ payee }) => payee !== asked.payee), asked];
    this.onChange();
  }

  reject(id: string): void {
    this.asked = this.asked.filter(({ kind, payee }) => `asked:${kind}:${payee}` !== id);
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
  approve(id: string, amount: bigint | null): Promise<void> {
    const run = this.queue.then(() => this.carryOut(id, amount));
    this.queue = run.catch(() => {});
    return run;
  }

  private async carryOut(id: string, amount: bigint | null): Promise<void> {
    const network = this.network();
    const key = this.wallet.account();
    const account = await this.link.ask<'wallet.account'>({
      method: 'wallet.account',
      params: { address: key.address },
    });
    this.account = account;
    const prepared = this.prepared().find(({ view }) => view.id === id);
    if (!prepared || network === null) throw new WarrenError('internal', 'This question is no longer open.', 'Go on.');
    const action = withAmount(prepared, amount);
    this.checkSigner(action);
    checkFunds(action, account);
    const nonces = nextNonces(this.book, account);
    const { raw, hash } = await signAction(action, key, { network, ...account, ...nonces });
    await this.agree(prepared, action);
    await this.link.ask<'wallet.broadcast'>({ method: 'wallet.broadcast', params: { raw } });
    await this.record(prepared, action, hash, nonces);
  }

  /** The price on the sheet is agreed to with it; the host hears so before the money moves. */
  private async agree({ view }: PreparedApproval, action: ChainAction): Promise<void> {
    if ((action.kind !== 'open' && action.kind !== 'topUp') || view.pricePerMB === null) return;
    const { payee } = action;
    const { privateKey } = this.wallet.signerFor(payee);
    this.link.send({ type: 'signer', payee, privateKey, maxPricePerMB: view.pricePerMB });
    await this.save(agreePrice(this.book, payee, view.pricePerMB));
  }

  /** What the host may pay a node without asking; nothing for one that was never agreed to. */
  priceFor(payee: Address): bigint {
    return agreedPrice(this.book, payee) ?? 0n;
  }

  private async record(
    prepared: PreparedApproval,
    action: ChainAction,
    hash: `0x${string}`,
    nonces: { nonce: number; permitNonce: bigint },
  ): Promise<void> {
    const { node, id, amount, graceMinutes } = prepared.view;
    const country = node?.country ?? null;
    const book = addEntry(this.book, {
      id: hash,
      kind: action.kind,
      at: this.timers.now(),
      payee: action.payee,
      country,
      amount: 'amount' in action ? String(action.amount) : amount,
      hash,
      status: 'pending',
      confirmations: 0,
      nonce: nonces.nonce,
      permitNonce: usesPermit(action.kind) ? String(nonces.permitNonce) : null,
      askedAt: prepared.askedAt,
    });
    const { payee, signer } = action;
    const label = node?.city ?? node?.network ?? null;
    await this.save(
      action.kind === 'open'
        ? addChannel(book, {
            payee,
            signer,
            country,
            label,
            graceMinutes: graceMinutes ?? 0,
            ...(prepared.view.pricePerMB === null ? {} : { pricePerMB: prepared.view.pricePerMB }),
          })
        : book,
    );
    this.asked = this.asked.filter((asked) => `asked:${asked.kind}:${asked.payee}` !== id);
    this.onChange();
    this.poll();
  }

  /** The host may ask only for channels of our own signers: anything else would pay a stranger's key. */
  private checkSigner(action: ChainAction): void {
    if (action.kind !== 'open' && action.kind !== 'topUp') return;
    const known = this.book.channels.some(({ payee, signer }) => payee === action.payee && signer === action.signer);
    if (!known && this.wallet.signerFor(action.payee).address !== action.signer) {
      throw new WarrenError(
        'signature_invalid',
        'The host named a signer that is not ours.',
        'Reinstall the Warren host.',
      );
    }
  }

  private prepared(): PreparedApproval[] {
    return prepareApprovals({
      exits: this.snapshot?.exits ?? [],
      asked: this.asked,
      rejected: this.rejected,
      book: this.book,
      account: this.account,
      channels: this.channels,
    });
  }

  /** Watches what is on its way until every transaction is confirmed or failed. */
  private poll(): void {
    if (this.polling || !this.pending || this.link.status !== 'ready') return;
    this.polling = true;
    const newest = Math.max(...this.book.history.filter((e) => e.status === 'pending').map((e) => e.at));
    const wait = this.timers.now() - newest < POLL_FAST_FOR_MS ? POLL_MS : POLL_SLOW_MS;
    this.timers.after(wait, () => {
      this.pollOnce()
        .catch(() => {})
        .finally(() => {
          this.polling = false;
          this.poll();
        });
    });
  }

  private async pollOnce(): Promise<void> {
    const needed = this.network()?.confirmations ?? 1;
    for (const { id, hash, status } of this.book.history) {
      if (status !== 'pending' || hash === null) continue;
      const receipt = await this.link.ask<'wallet.receipt'>({
        method: 'wallet.receipt',
        params: { hash: hash as `0x${string}` },
      });
      if (receipt.status === 'pending') continue;
      const done = receipt.status === 'confirmed' && receipt.confirmations >= needed;
      const next = receipt.status === 'reverted' ? 'failed' : done ? 'confirmed' : 'pending';
      const { confirmations, reason } = receipt;
      const told = reason === undefined ? {} : { reason: reason.slice(0, MAX_REASON) };
      await this.save(changeEntry(this.book, id, { status: next, confirmations, ...told }));
      if (next !== 'pending') await this.refresh();
    }
  }

  private async noteRefunds(exits: readonly Exit[]): Promise<void> {
    for (const exit of exits) {
      if (exit.refunded === null || exit.node === null) continue;
      const { payee, country } = exit.node;
      const id = `refund:${payee}:${exit.spentTotal}:${exit.refunded}`;
      if (this.book.history.some((entry) => entry.id === id)) continue;
      await this.save(
        addEntry(this.book, {
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
        }),
      );
      await this.refresh().catch(() => {});
    }
  }

  private async save(book: Book): Promise<void> {
    this.book = book;
    await this.local.set({ [KEY]: book });
    this.onChange();
  }
}

function withAmount(prepared: PreparedApproval, amount: bigint | null): ChainAction {
  const { action, minAmount } = prepared;
  if (amount === null || !('amount' in action)) return action;
  if (amount < minAmount) {
    throw new WarrenError('channel_unfunded', 'The deposit is below what this node accepts.', 'Raise the amount.');
  }
  return { ...action, amount };
}

function checkFunds(action: ChainAction, account: Account): void {
  // The contract would find nothing that it may take: the deposit fails, and its fee is gone.
  if (usesPermit(action.kind) && account.permit === false) {
    throw new WarrenError(
      'transaction_failed',
      'This network’s token has no permits (EIP-2612), and this wallet can not deposit it without.',
      'Choose a network whose token has them.',
    );
  }
  if ('amount' in action && account.token < action.amount) {
    throw new WarrenError(
      'funds_insufficient',
      'There is not that much in the wallet.',
      'Receive more, or deposit less.',
    );
  }
  if (account.coin < worstFee(action.kind, account.maxFeePerGas)) {
    throw new WarrenError(
      'funds_insufficient',
      'There is not enough coin for the network fee.',
      'Receive some coin first.',
    );
  }
}
