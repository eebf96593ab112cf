/**
 * `withdraw`: from the node's account to one of its owner, the tokens that it earned, or with `--coin` the chain's
 * own coin, which it keeps for gas. May be run beside the node: the chain orders both.
 */
import { formatEther, parseEther } from 'viem';
import { CALLED } from '../../shared/base/called.ts';
import { WarrenError } from '../../shared/base/errors.ts';
import { address, isAddress, type Wei } from '../../shared/base/units.ts';
import { createLedgerReader } from '../../shared/node/ledger/reader.ts';
import { createLedgerWriter } from '../../shared/node/ledger/writer.ts';
import type { NetworkProfile } from '../../shared/wire/network.ts';
import { type Identity, identityOf } from '../identity.ts';
import { keystoreFacts, loadKeys } from '../keystore.ts';
import { readPassword } from '../password.ts';
import { readProfile } from '../settings/paths.ts';
import { weiOf } from '../terms.ts';
import type { Invocation } from './invocation.ts';
import { ask, isAttended, print, printJson, tokensOf } from './print.ts';

/** What is sent, from which of the node's accounts. */
interface Kind {
  readonly account: Identity['sender']['account'];
  readonly balance: Wei;
  /** What goes where no amount is said. */
  readonly all: Wei;
  readonly parse: (amount: string) => Wei;
  readonly words: (amount: Wei) => string;
  readonly more: string;
}

/** A plain transfer takes 21,000; as much again for accounts that are contracts, and for chains that take a fee beside. */
const COIN_GAS = 42_000n;

export async function withdraw(invocation: Invocation): Promise<void> {
  const { words, options } = invocation;
  const [, to, wanted] = words;
  if (to === undefined || !isAddress(to))
    throw new WarrenError('address_invalid', 'Say whom it goes to.', `Run "${CALLED.provider('withdraw 0xADDRESS')}".`);
  const config = await invocation.config();
  const profile = await readProfile(config.network);
  const { address: account, cold } = await keystoreFacts(config.keystore);
  if (cold && !options.coin)
    throw new WarrenError(
      'funds_insufficient',
      `Earnings of this node are paid to ${account}, whose key is not on this machine.`,
      'Send them on with the wallet that holds the key. The coin that the node keeps for gas: --coin.',
    );
  const keys = await loadKeys(config.keystore, await readPassword(options.passwordFile, false));
  const { sender } = identityOf(profile, keys);
  const reader = createLedgerReader(profile);
  try {
    const held = await reader.account(sender.account);
    const kind = options.coin ? coinOf(profile, sender.account, held) : tokenOf(profile, sender.account, held.token);
    const amount = amountOf(wanted, kind);
    if (!options.yes && isAttended()) {
      const answer = await ask(`Send ${kind.words(amount)} to ${to}? yes or no`, 'no');
      if (answer !== 'yes') return print('Nothing was sent.');
    }
    const writer = createLedgerWriter(profile, sender.key);
    const send = options.coin ? writer.transferCoin : writer.transfer;
    const { transaction } = await send(address(to), amount);
    if (options.json) printJson({ to, amount: String(amount), transaction });
    else print(`Sent ${kind.words(amount)} to ${to} in ${transaction}.`);
  } finally {
    reader.close();
  }
}

function tokenOf(profile: NetworkProfile, account: Kind['account'], balance: Wei): Kind {
  return {
    account,
    balance,
    all: balance,
    parse: (amount) => weiOf(amount, profile),
    words: (amount) => tokensOf(amount, profile),
    more: `Claims bring more: see "${CALLED.provider('earnings')}".`,
  };
}

/** All of it is all but what its own transfer may cost. */
function coinOf(
  { coinSymbol }: NetworkProfile,
  account: Kind['account'],
  { coin, maxFeePerGas }: { readonly coin: Wei; readonly maxFeePerGas: Wei },
): Kind {
  const fee = COIN_GAS * maxFeePerGas;
  return {
    account,
    balance: coin,
    all: coin > fee ? coin - fee : 0n,
    parse: parseEther,
    words: (amount) => `${formatEther(amount)} ${coinSymbol}`,
    more: 'The fee of the transfer comes on top; leave the amount out to send all that can go.',
  };
}

/** @throws WarrenError funds_insufficient, frame_malformed. */
function amountOf(wanted: string | undefined, { account, balance, all, parse, words, more }: Kind): Wei {
  if (wanted !== undefined && wanted !== 'all' && !/^\d{1,12}(\.\d{1,18})?$/.test(wanted))
    throw new WarrenError('frame_malformed', 'This is no amount.', 'Write it as 1.5, or leave it out for all.');
  const amount = wanted === undefined || wanted === 'all' ? all : parse(wanted);
  if (amount > 0n && amount <= all) return amount;
  throw new WarrenError('funds_insufficient', `The node's account holds ${words(balance)} (${account}).`, more);
}
