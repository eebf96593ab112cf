/** What the chain says about our account and one channel, as the host's answers give it. */
import type { Result } from '../../shared/wire/native.ts';

export type Account = Result<'wallet.account'>;
export type ChannelFacts = Result<'wallet.channel'>;
