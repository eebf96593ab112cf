/** Sends the account's tokens, or the chain's own coin, to another one. */
import { encodeFunctionData } from 'viem';
import type { Address, Wei } from '../../base/units.ts';
import type { LedgerWriter } from '../../effects.ts';
import { erc20PermitAbi } from '../../wire/abi.ts';
import type { Chain } from './chain.ts';
import type { Transact } from './transact.ts';

/** Resolves when mined. @throws WarrenError what `Transact.send` throws. */
export async function transfer(
  chain: Chain,
  transact: Transact,
  to: Address,
  amount: Wei,
): ReturnType<LedgerWriter['transfer']> {
  const data = encodeFunctionData({ abi: erc20PermitAbi, functionName: 'transfer', args: [to, amount] });
  const { transactionHash } = await transact.send({ to: chain.profile.token, data });
  return { transaction: transactionHash };
}

/** Resolves when mined. @throws WarrenError what `Transact.send` throws. */
export async function transferCoin(
  transact: Transact,
  to: Address,
  amount: Wei,
): ReturnType<LedgerWriter['transferCoin']> {
  const { transactionHash } = await transact.send({ to, data: '0x', value: amount });
  return { transaction: transactionHash };
}
