/** The wallet as the windows show it, made from the keepers. Derives, never decides. */
import type { Address } from '../../../shared/base/units.ts';
import type { ChannelView, HistoryEntry, WalletView } from '../../messages.ts';
import { toppedUp } from '../../wallet/auto-top-up.ts';
import { channelSpent, channelState } from '../../wallet/channel-state.ts';
import { channelKey } from '../../wallet/fees.ts';
import { plain } from '../store.ts';
import type { WalletKeeper } from '../wallet-keeper.ts';
import type { MoneyDesk } from './desk.ts';

/** Rows that every view carries; the rest is asked for. */
const NEWEST = 30;
const OLDER = 100;

export function walletView(money: MoneyDesk, wallet: WalletKeeper, now: number, confirmations: number): WalletView {
  const { facts, book, limits, ledger } = money;
  const history = historyFor(money, confirmations);
  const { today, month } = ledger.spent(now);
  const auto = { book: book.current, now, offsetMinutes: new Date(now).getTimezoneOffset() };
  return {
    exists: wallet.exists,
    unlocked: wallet.unlocked,
    address: wallet.address,
    backedUp: wallet.backedUp,
    accounts: wallet.accounts,
    activeAccount: wallet.active,
    token: facts.account ? String(facts.account.token) : null,
    coin: facts.account ? String(facts.account.coin) : null,
    channels: channelViews(money, wallet.address),
    history: history.slice(0, NEWEST),
    historyTotal: history.length,
    spentToday: plain(today),
    spentMonth: plain(month),
    chainAhead: facts.ahead,
    autoTopUp: plain(limits.current),
    autoToday: String(toppedUp(auto, 'YYYY-MM-DD'.length)),
    autoMonth: String(toppedUp(auto, 'YYYY-MM'.length)),
    stale: facts.stale,
  };
}

export function olderHistory(money: MoneyDesk, confirmations: number, skip: number): HistoryEntry[] {
  return historyFor(money, confirmations).slice(skip, skip + OLDER);
}

export function historyFor({ book, ledger, memo }: MoneyDesk, confirmations: number): readonly HistoryEntry[] {
  return memo.of({ book: book.current, entries: ledger.entries, head: ledger.head, confirmations });
}

function channelViews({ book, facts, ledger, snapshot }: MoneyDesk, payer: Address | null): ChannelView[] {
  return book.current.channels.map((channel) => {
    const { payee, signer, country, label, graceMinutes } = channel;
    const read = facts.channels.get(channelKey(payee, signer));
    const exit = snapshot?.exits.find((candidate) => candidate.node?.payee === payee);
    const live = exit && exit.phase !== 'closed' && exit.phase !== 'failed' ? exit.spentTotal : 0n;
    const marked = payer ? ledger.signed(payer, channel) : 0n;
    const signed = live > marked ? live : marked;
    return {
      payee,
      signer,
      country,
      label,
      state: channelState(read, facts.chainSeconds),
      deposit: String(read?.deposit ?? 0n),
      spent: String(read ? channelSpent(read, signed) : 0n),
      closeAt: read?.closeAt ?? 0,
      graceMinutes: read?.graceMinutes ?? graceMinutes,
      exists: read?.exists ?? false,
      connected: exit !== undefined && (exit.phase === 'up' || exit.phase === 'gated' || exit.phase === 'closing'),
    };
  });
}
