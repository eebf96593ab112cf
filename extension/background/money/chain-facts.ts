/** What the chain says of the account and its channels, asked through the host. Remembers the last answer. */
import type { Address } from '../../../shared/base/units.ts';
import { chainAhead, channelState } from '../../wallet/channel-state.ts';
import type { Account, ChannelFacts } from '../../wallet/facts.ts';
import { channelKey } from '../../wallet/fees.ts';
import type { KnownChannel } from '../../wallet/ledger-book.ts';
import type { NativeLink, Timers } from '../native-link.ts';

/** Questions at a time: a wallet of many years has many channels. */
const AT_A_TIME = 16;

export class ChainFacts {
  account: Account | null = null;
  /** By `channelKey`. */
  readonly channels = new Map<string, ChannelFacts>();
  /** The last look failed: what is here is old. */
  stale = false;
  /** Seconds that the chain's clock is ahead of ours. */
  ahead = 0;
  private readonly link: NativeLink;
  private readonly timers: Timers;

  constructor(link: NativeLink, timers: Timers) {
    this.link = link;
    this.timers = timers;
  }

  /** Unix seconds by the chain's clock, about: the contract knows no other. */
  get chainSeconds(): number {
    return Math.floor(this.timers.now() / 1000) + this.ahead;
  }

  /** @throws WarrenError from the host. */
  async readAccount(address: Address): Promise<Account> {
    const account = await this.link.ask<'wallet.account'>({ method: 'wallet.account', params: { address } });
    this.account = account;
    this.ahead = chainAhead(account.blockTime, this.timers.now());
    return account;
  }

  /** Balances and channels anew. Channels that are empty for good are left alone. @throws WarrenError from the host. */
  async refresh(payer: Address, known: readonly KnownChannel[], touched: ReadonlySet<string>): Promise<void> {
    try {
      await this.readAccount(payer);
      const due = known.filter(({ payee, signer }) => {
        const key = channelKey(payee, signer);
        return touched.has(key) || channelState(this.channels.get(key), this.chainSeconds) !== 'settled';
      });
      for (let at = 0; at < due.length; at += AT_A_TIME)
        await Promise.all(due.slice(at, at + AT_A_TIME).map((channel) => this.readChannel(payer, channel)));
      this.stale = false;
    } catch (error) {
      this.stale = true;
      throw error;
    }
  }

  private async readChannel(payer: Address, { payee, signer }: KnownChannel): Promise<void> {
    const params = { payer, signer, payee };
    const facts = await this.link.ask<'wallet.channel'>({ method: 'wallet.channel', params });
    this.channels.set(channelKey(payee, signer), facts);
  }
}
