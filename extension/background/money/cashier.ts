/**
 * Signs and sends what was agreed to, one action after the other, and writes it into the book before anything else
 * happens. It keeps no key and decides nothing but whether the money is there.
 */
import { WarrenError } from '../../../shared/base/errors.ts';
import type { Network } from '../../../shared/wire/native.ts';
import type { PreparedApproval } from '../../wallet/approvals.ts';
import type { Account } from '../../wallet/facts.ts';
import { addChannel, addEntry, agreePrice, type Entry, nextNonces } from '../../wallet/ledger-book.ts';
import { type ChainAction, signAction, transactionsFor, usesPermit, worstFee } from '../../wallet/transactions.ts';
import type { NativeLink, Timers } from '../native-link.ts';
import type { Purse } from '../wallet-keeper.ts';
import type { BookKeeper } from './book-keeper.ts';

export class Cashier {
  private readonly book: BookKeeper;
  private readonly link: NativeLink;
  private readonly wallet: Purse;
  private readonly timers: Timers;
  private readonly priceFor: (payee: Extract<ChainAction, { kind: 'open' }>['payee']) => bigint;

  constructor(
    book: BookKeeper,
    link: NativeLink,
    wallet: Purse,
    timers: Timers,
    priceFor: (payee: Extract<ChainAction, { kind: 'open' }>['payee']) => bigint,
  ) {
    this.book = book;
    this.link = link;
    this.wallet = wallet;
    this.timers = timers;
    this.priceFor = priceFor;
  }

  /** @throws WarrenError wallet_locked, funds_insufficient, signature_invalid, or what the host says. */
  async carryOut(
    prepared: PreparedApproval,
    action: ChainAction,
    facts: { readonly network: Network; readonly account: Account; readonly auto: boolean },
  ): Promise<void> {
    const { network, account, auto } = facts;
    const key = this.wallet.account();
    this.checkSigner(action);
    checkFunds(action, account);
    await this.agree(prepared, action);
    // Where the token has no permit, leave to take the deposit goes before it: the chain keeps the order of the nonces.
    for (const part of transactionsFor(action, account)) {
      const nonces = nextNonces(this.book.current, account);
      const { raw, hash } = await signAction(part, key, { network, ...account, ...nonces });
      await this.link.ask<'wallet.broadcast'>({ method: 'wallet.broadcast', params: { raw } });
      await this.record(prepared, part, { hash, auto, ...nonces }, account);
    }
  }

  /** The price on the sheet is agreed to with it; the host hears so before the money moves. */
  private async agree({ view }: PreparedApproval, action: ChainAction): Promise<void> {
    if ((action.kind !== 'open' && action.kind !== 'topUp') || view.pricePerMB === null) return;
    const { payee } = action;
    const { pricePerMB } = view;
    if (action.kind === 'topUp') await this.book.change((book) => agreePrice(book, payee, pricePerMB));
    const { privateKey } = this.wallet.signerFor(payee);
    const accepted = this.priceFor(payee);
    const maxPricePerMB = String(accepted > BigInt(pricePerMB) ? accepted : pricePerMB);
    this.link.send({ type: 'signer', payee, privateKey, maxPricePerMB });
  }

  private async record(
    { view, askedAt }: PreparedApproval,
    action: ChainAction,
    sent: {
      readonly hash: `0x${string}`;
      readonly auto: boolean;
      readonly nonce: number;
      readonly permitNonce: bigint;
    },
    account: Account,
  ): Promise<void> {
    const country = view.node?.country ?? null;
    const entry: Entry = {
      id: sent.hash,
      kind: action.kind,
      at: this.timers.now(),
      payee: 'payee' in action ? action.payee : null,
      ...('signer' in action ? { signer: action.signer } : {}),
      ...(this.wallet.address === null ? {} : { from: this.wallet.address }),
      ...('to' in action ? { to: action.to } : {}),
      country,
      amount: 'amount' in action ? String(action.amount) : view.amount,
      hash: sent.hash,
      status: 'pending',
      confirmations: 0,
      nonce: sent.nonce,
      permitNonce: usesPermit(action.kind, account) ? String(sent.permitNonce) : null,
      askedAt,
      ...(sent.auto ? { auto: true } : {}),
    };
    await this.book.change((book) => {
      const noted = addEntry(book, entry);
      if (action.kind !== 'open') return noted;
      const { payee, signer, graceMinutes } = action;
      const label = view.node?.city ?? view.node?.network ?? null;
      const price = view.pricePerMB === null ? {} : { pricePerMB: view.pricePerMB };
      return addChannel(noted, { payee, signer, country, label, graceMinutes, ...price });
    });
  }

  /**
   * Money goes only into channels whose signer this device derives itself. The book is no proof: channels that the
   * chain tells of come through the host, and a host that lies could name a signer of its own.
   */
  private checkSigner(action: ChainAction): void {
    if (action.kind !== 'open' && action.kind !== 'topUp') return;
    if (this.wallet.signerFor(action.payee).address === action.signer) return;
    throw new WarrenError(
      'signature_invalid',
      'This deposit belongs to another device, or the host named a signer that is not ours.',
      'Take it back here, or top it up where it was opened. If you opened it here, reinstall the Warren host.',
    );
  }
}

function checkFunds(action: ChainAction, account: Account): void {
  const tokens = 'amount' in action && action.kind !== 'sendCoin' ? action.amount : 0n;
  if (account.token < tokens)
    throw new WarrenError('funds_insufficient', 'There is not that much in the wallet.', 'Receive more, or use less.');
  const kinds = transactionsFor(action, account).map(({ kind }) => kind);
  const coins = worstFee(kinds, account.maxFeePerGas) + (action.kind === 'sendCoin' ? action.amount : 0n);
  if (account.coin < coins) {
    throw new WarrenError(
      'funds_insufficient',
      'There is not enough coin for the network fee.',
      'Receive some coin first.',
    );
  }
}
