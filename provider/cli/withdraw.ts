/** `withdraw`: tokens from the node's account to one of its owner. May be run beside the node: the chain orders both. */
import { toHex } from '../../shared/base/bytes.ts';
import { WarrenError } from '../../shared/base/errors.ts';
import { address, isAddress, type Wei } from '../../shared/base/units.ts';
import { createLedgerReader } from '../../shared/node/ledger/reader.ts';
import { createLedgerWriter } from '../../shared/node/ledger/writer.ts';
import type { NetworkProfile } from '../../shared/wire/network.ts';
import { keystoreFacts, loadKeys } from '../keystore.ts';
import { readPassword } from '../password.ts';
import { readProfile } from '../settings/paths.ts';
import { weiOf } from '../terms.ts';
import type { Invocation } from './invocation.ts';
import { ask, isAttended, print, printJson, tokensOf } from './print.ts';

export async function withdraw({ words: [, to, tokens], options, config: read }: Invocation): Promise<void> {
  if (to === undefined || !isAddress(to))
    throw new WarrenError('address_invalid', 'Say whom the tokens go to.', 'Run "warren-provider withdraw 0xADDRESS".');
  const config = await read();
  const profile = await readProfile(config.network);
  const { address: account, cold } = await keystoreFacts(config.keystore);
  if (cold)
    throw new WarrenError(
      'funds_insufficient',
      `Earnings of this node are paid to ${account}, whose key is not on this machine.`,
      'Send them on with the wallet that holds the key.',
    );
  const reader = createLedgerReader(profile);
  try {
    const { token: balance } = await reader.account(account);
    const amount = amountOf(tokens, balance, profile);
    if (!options.yes && isAttended()) {
      const answer = await ask(`Send ${tokensOf(amount, profile)} to ${to}? yes or no`, 'no');
      if (answer !== 'yes') return print('Nothing was sent.');
    }
    const keys = await loadKeys(config.keystore, await readPassword(options.passwordFile, false));
    if (!keys.identity) return;
    const writer = createLedgerWriter(profile, toHex(keys.identity));
    const { transaction } = await writer.transfer(address(to), amount);
    if (options.json) printJson({ to, amount: String(amount), transaction });
    else print(`Sent ${tokensOf(amount, profile)} to ${to} in ${transaction}.`);
  } finally {
    reader.close();
  }
}

/** @throws WarrenError funds_insufficient, frame_malformed. */
function amountOf(tokens: string | undefined, balance: Wei, profile: NetworkProfile): Wei {
  if (tokens !== undefined && tokens !== 'all' && !/^\d{1,12}(\.\d{1,18})?$/.test(tokens))
    throw new WarrenError(
      'frame_malformed',
      'This is no amount of tokens.',
      'Write it as 1.5, or leave it out for all.',
    );
  const amount = tokens === undefined || tokens === 'all' ? balance : weiOf(tokens, profile);
  if (amount > 0n && amount <= balance) return amount;
  const has = `The node's account holds ${tokensOf(balance, profile)}.`;
  throw new WarrenError('funds_insufficient', has, 'Claims bring more: see "warren-provider earnings".');
}
