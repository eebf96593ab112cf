/**
 * Chain actions of the payer, built and signed here (EIP-1559, EIP-2612); the host only carries them.
 * Knows no port and no storage; the caller gives account facts and nonces.
 */
import { encodeFunctionData, keccak256, parseSignature } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import type { Hex } from '../../shared/base/bytes.ts';
import type { Address, Wei } from '../../shared/base/units.ts';
import { hermeChannelsAbi } from '../../shared/wire/abi.ts';
import type { Network } from '../../shared/wire/native.ts';
import type { Key } from './keys.ts';

export type ChainAction =
  | {
      readonly kind: 'open';
      readonly payee: Address;
      readonly signer: Address;
      readonly amount: Wei;
      readonly graceMinutes: number;
    }
  | { readonly kind: 'topUp'; readonly payee: Address; readonly signer: Address; readonly amount: Wei }
  | { readonly kind: 'requestClose'; readonly payee: Address; readonly signer: Address }
  | { readonly kind: 'withdraw'; readonly payee: Address; readonly signer: Address };
export type ChainActionKind = ChainAction['kind'];

/** A little under twice what each was measured to take: the fee shown is the most it can cost. */
export const GAS_LIMIT: Record<ChainActionKind, bigint> = {
  open: 180_000n,
  topUp: 150_000n,
  requestClose: 60_000n,
  withdraw: 90_000n,
};

/** EIP-2612: how long a signed permit may wait for its block. */
const PERMIT_SECONDS = 3600;
const MAX_AMOUNT: Wei = 2n ** 88n - 1n;

export interface SigningFacts {
  readonly network: Network;
  readonly nonce: number;
  readonly permitNonce: bigint;
  readonly maxFeePerGas: Wei;
  readonly maxPriorityFeePerGas: Wei;
  /** Unix seconds of the latest block. */
  readonly blockTime: number;
}

export function worstFee(kind: ChainActionKind, maxFeePerGas: Wei): Wei {
  return GAS_LIMIT[kind] * maxFeePerGas;
}

export function usesPermit(kind: ChainActionKind): boolean {
  return kind === 'open' || kind === 'topUp';
}

/** @returns the raw transaction and its hash. @throws RangeError when the amount does not fit the contract. */
export async function signAction(action: ChainAction, key: Key, facts: SigningFacts): Promise<{ raw: Hex; hash: Hex }> {
  const account = privateKeyToAccount(key.privateKey);
  const raw = await account.signTransaction({
    type: 'eip1559',
    chainId: facts.network.chainId,
    to: facts.network.channels,
    data: await callData(action, key, facts),
    nonce: facts.nonce,
    gas: GAS_LIMIT[action.kind],
    maxFeePerGas: facts.maxFeePerGas,
    maxPriorityFeePerGas: facts.maxPriorityFeePerGas,
  });
  return { raw, hash: keccak256(raw) };
}

async function callData(action: ChainAction, key: Key, facts: SigningFacts): Promise<Hex> {
  const abi = hermeChannelsAbi;
  const { signer, payee } = action;
  if (action.kind === 'requestClose')
    return encodeFunctionData({ abi, functionName: 'requestClose', args: [signer, payee] });
  if (action.kind === 'withdraw')
    return encodeFunctionData({ abi, functionName: 'withdraw', args: [key.address, signer, payee] });
  const { amount } = action;
  if (amount <= 0n || amount > MAX_AMOUNT) throw new RangeError('the amount does not fit a channel');
  const { deadline, v, r, s } = await permit(amount, key, facts);
  if (action.kind === 'topUp')
    return encodeFunctionData({
      abi,
      functionName: 'topUpWithPermit',
      args: [signer, payee, amount, deadline, v, r, s],
    });
  const { graceMinutes } = action;
  return encodeFunctionData({
    abi,
    functionName: 'openWithPermit',
    args: [signer, payee, amount, graceMinutes, deadline, v, r, s],
  });
}

/** EIP-2612 permit of exactly this amount to the channels contract. */
async function permit(value: Wei, key: Key, facts: SigningFacts) {
  const deadline = BigInt(facts.blockTime + PERMIT_SECONDS);
  const { network } = facts;
  const signature = await privateKeyToAccount(key.privateKey).signTypedData({
    domain: { name: network.tokenName, version: '1', chainId: network.chainId, verifyingContract: network.token },
    types: {
      Permit: [
        { name: 'owner', type: 'address' },
        { name: 'spender', type: 'address' },
        { name: 'value', type: 'uint256' },
        { name: 'nonce', type: 'uint256' },
        { name: 'deadline', type: 'uint256' },
      ],
    },
    primaryType: 'Permit',
    message: { owner: key.address, spender: network.channels, value, nonce: facts.permitNonce, deadline },
  });
  const { r, s, yParity } = parseSignature(signature);
  return { deadline, v: 27 + yParity, r, s };
}
