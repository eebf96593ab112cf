/** The ledger as one account writes to it (`LedgerWriter` of shared/effects.ts): one verb a file, gathered here. */
import { privateKeyToAccount } from 'viem/accounts';
import type { Hex } from '../../base/bytes.ts';
import { address } from '../../base/units.ts';
import type { LedgerWriter } from '../../effects.ts';
import type { NetworkProfile } from '../../wire/network.ts';
import { openChain } from './chain.ts';
import { claim } from './claim.ts';
import { close } from './close.ts';
import { register } from './register.ts';
import { createSubmitter, type Submitter } from './submit.ts';
import { sendOnce, type Transact } from './transact.ts';
import { transfer, transferCoin } from './transfer.ts';

/**
 * One writer per account and process: two would fight over nonces. `sender` decides how calls get into blocks.
 * @throws when the key is none.
 */
export function createLedgerWriter(
  profile: NetworkProfile,
  privateKey: Hex,
  sender: (submitter: Submitter) => Transact = sendOnce,
): LedgerWriter {
  const chain = openChain(profile);
  const signing = privateKeyToAccount(privateKey);
  const account = address(signing.address);
  const transact = sender(createSubmitter(chain, signing));
  return {
    account,
    register: (wanted) => register(chain, transact, account, wanted),
    claim: (payee, items) => claim(chain, transact, payee, items),
    transfer: (to, amount) => transfer(chain, transact, to, amount),
    transferCoin: (to, amount) => transferCoin(transact, to, amount),
    close: (payer, signer, last) => close(chain, transact, { payer, signer, payee: account }, last),
  };
}
