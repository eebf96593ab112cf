/** Everything a wallet needs to build a transaction for one account, in one batch. */

import { BaseError, ContractFunctionRevertedError, ContractFunctionZeroDataError, type PublicClient } from 'viem';
import type { Address } from '../../base/units.ts';
import type { LedgerReader } from '../../effects.ts';
import { erc20PermitAbi } from '../../wire/abi.ts';
import type { Chain } from './chain.ts';
import { readFees } from './fees.ts';

export async function readAccount(
  chain: Chain,
  account: Address,
): Promise<Awaited<ReturnType<LedgerReader['account']>>> {
  const token = { address: chain.profile.token, abi: erc20PermitAbi } as const;
  return chain.ask(async (client) => {
    const [coin, tokens, nonce, minedNonce, permitNonce, fees] = await Promise.all([
      client.getBalance({ address: account }),
      client.readContract({ ...token, functionName: 'balanceOf', args: [account] }),
      client.getTransactionCount({ address: account, blockTag: 'pending' }),
      client.getTransactionCount({ address: account }),
      client.readContract({ ...token, functionName: 'nonces', args: [account] }).catch(withoutPermit),
      readFees(client),
    ]);
    const allowance = permitNonce === null ? await readAllowance(chain, client, account) : null;
    return {
      coin,
      token: tokens,
      nonce,
      minedNonce,
      permitNonce: permitNonce ?? 0n,
      ...(permitNonce === null ? { permit: false, allowance: allowance ?? 0n } : {}),
      ...fees,
    };
  });
}

/** Nothing where the token does not answer: then it is asked for anew, which costs gas and loses nothing. */
function readAllowance({ profile }: Chain, client: PublicClient, account: Address): Promise<bigint | null> {
  const token = { address: profile.token, abi: erc20PermitAbi } as const;
  return client
    .readContract({ ...token, functionName: 'allowance', args: [account, profile.channels] })
    .catch(withoutPermit);
}

/** Null when the token answered that it knows no such function (`nonces`: EIP-2612); a node that did not answer stays a failure. */
function withoutPermit(thrown: unknown): null {
  const refused =
    thrown instanceof BaseError &&
    thrown.walk((e) => e instanceof ContractFunctionRevertedError || e instanceof ContractFunctionZeroDataError);
  if (refused) return null;
  throw thrown;
}
