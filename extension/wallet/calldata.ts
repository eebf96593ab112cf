/** What each chain action says to which contract. */
import { encodeFunctionData } from 'viem';
import type { Hex } from '../../shared/base/bytes.ts';
import type { Address, Wei } from '../../shared/base/units.ts';
import { erc20PermitAbi, hermeChannelsAbi } from '../../shared/wire/abi.ts';
import type { Key } from './keys.ts';
import { type SigningFacts, signPermit } from './permit.ts';
import type { ChainAction } from './transactions.ts';

export interface Call {
  readonly to: Address;
  readonly value?: Wei;
  readonly data?: Hex;
}

const MAX_AMOUNT: Wei = 2n ** 88n - 1n;

/** @throws RangeError when the amount does not fit a channel. */
export async function callOf(action: ChainAction, key: Key, facts: SigningFacts): Promise<Call> {
  const { token, channels } = facts.network;
  switch (action.kind) {
    case 'sendCoin':
      return { to: action.to, value: action.amount };
    case 'send':
      return { to: token, data: tokenCall('transfer', action.to, action.amount) };
    case 'approve':
      return { to: token, data: tokenCall('approve', channels, action.amount) };
    default:
      return { to: channels, data: await channelCall(action, key, facts) };
  }
}

function tokenCall(functionName: 'transfer' | 'approve', to: Address, amount: Wei): Hex {
  return encodeFunctionData({ abi: erc20PermitAbi, functionName, args: [to, amount] });
}

type ChannelAction = Extract<ChainAction, { payee: Address }>;

async function channelCall(action: ChannelAction, key: Key, facts: SigningFacts): Promise<Hex> {
  const abi = hermeChannelsAbi;
  const { signer, payee } = action;
  if (action.kind === 'requestClose')
    return encodeFunctionData({ abi, functionName: 'requestClose', args: [signer, payee] });
  if (action.kind === 'withdraw')
    return encodeFunctionData({ abi, functionName: 'withdraw', args: [key.address, signer, payee] });
  const { amount } = action;
  if (amount <= 0n || amount > MAX_AMOUNT) throw new RangeError('the amount does not fit a channel');
  if (facts.permit === false) {
    return action.kind === 'topUp'
      ? encodeFunctionData({ abi, functionName: 'topUp', args: [signer, payee, amount] })
      : encodeFunctionData({ abi, functionName: 'open', args: [signer, payee, amount, action.graceMinutes] });
  }
  const { deadline, v, r, s } = await signPermit(amount, key, facts);
  if (action.kind === 'topUp')
    return encodeFunctionData({
      abi,
      functionName: 'topUpWithPermit',
      args: [signer, payee, amount, deadline, v, r, s],
    });
  return encodeFunctionData({
    abi,
    functionName: 'openWithPermit',
    args: [signer, payee, amount, action.graceMinutes, deadline, v, r, s],
  });
}
