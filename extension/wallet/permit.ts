/** EIP-2612: leave for the channels contract to take exactly so much, as a signature instead of a transaction. */
import { parseSignature } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import type { Wei } from '../../shared/base/units.ts';
import type { Network } from '../../shared/wire/native.ts';
import type { Key } from './keys.ts';

/** How long a signed permit may wait for its block. */
export const PERMIT_SECONDS = 3600;

export interface SigningFacts {
  readonly network: Network;
  readonly nonce: number;
  readonly permitNonce: bigint;
  /** False where the token has no EIP-2612: then an approval was sent before. */
  readonly permit?: boolean | undefined;
  readonly maxFeePerGas: Wei;
  readonly maxPriorityFeePerGas: Wei;
  /** Unix seconds of the latest block. */
  readonly blockTime: number;
}

/** What a permit is signed over: of the network, only the token and who may take it. */
export interface PermitFacts extends Pick<SigningFacts, 'permitNonce' | 'blockTime'> {
  readonly network: Pick<Network, 'token' | 'tokenName' | 'chainId' | 'channels'>;
}

export async function signPermit(value: Wei, key: Key, facts: PermitFacts) {
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
