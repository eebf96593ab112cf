/** What an action costs at most, in the coin and in the token, and what stands in its way. Pure. */
import type { Address, Wei } from '../../shared/base/units.ts';
import type { Approval } from '../messages.ts';
import type { Account, ChannelFacts } from './facts.ts';
import type { Book } from './ledger-book.ts';
import { type ChainAction, transactionsFor, worstFee } from './transactions.ts';

export interface MoneyFacts {
  readonly book: Book;
  readonly account: Account | null;
  /** By `channelKey`. */
  readonly channels: ReadonlyMap<string, ChannelFacts>;
  /** Highest amount signed and seen, by `channelKey`. */
  readonly signed?: ReadonlyMap<string, Wei>;
  /** Payees whose exit is up: they can close at once. */
  readonly connected?: ReadonlySet<Address>;
  /** Token wei for one whole coin; null when nobody says. */
  readonly coinInToken?: Wei | null;
}

const COIN = 10n ** 18n;

export function channelKey(payee: Address, signer: Address): string {
  return `${payee}:${signer}`;
}

type Money = Pick<Approval, 'maxFee' | 'maxFeeInToken' | 'transactions' | 'problem'>;

/** @param needed token wei that must be there for it, without the fee. */
export function money(action: ChainAction, needed: Wei, { account, coinInToken = null }: MoneyFacts): Money {
  if (account === null) return { maxFee: null, maxFeeInToken: null, transactions: 1, problem: 'loading' };
  const kinds = transactionsFor(action, account).map(({ kind }) => kind);
  const fee = worstFee(kinds, account.maxFeePerGas);
  const coins = action.kind === 'sendCoin' ? fee + action.amount : fee;
  const problem = account.token < needed ? 'token' : account.coin < coins ? 'coin' : null;
  const inToken = coinInToken === null ? null : String(inTokens(fee, coinInToken));
  return { maxFee: String(fee), maxFeeInToken: inToken, transactions: kinds.length, problem };
}

/** Rounded up: a fee is never shown as less than it is. */
export function inTokens(coin: Wei, coinInToken: Wei): Wei {
  return (coin * coinInToken + COIN - 1n) / COIN;
}

export function affordable(suggested: Wei, minimum: Wei, account: Account | null): Wei {
  if (account === null || account.token >= suggested) return suggested;
  return account.token > minimum ? account.token : minimum;
}
