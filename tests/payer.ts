/** A client's wallet for tests: receives tokens, opens a channel with a permit, signs proofs. */
import { createWalletClient, type Hash, http, parseSignature, publicActions } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { fromHex, type Hex } from '../shared/base/bytes.ts';
import { type Address, address, type Wei } from '../shared/base/units.ts';
import type { SignedProof } from '../shared/effects.ts';
import { addressOf, sign } from '../shared/node/secp256k1.ts';
import { erc20PermitAbi, hermeChannelsAbi } from '../shared/wire/abi.ts';
import type { NetworkProfile } from '../shared/wire/network.ts';
import { proofDigest } from '../shared/wire/proof.ts';
import { DEV_KEYS } from './anvil.ts';

const MINT_ABI = [
  {
    type: 'function',
    name: 'mint',
    inputs: [
      { name: 'to', type: 'address' },
      { name: 'amount', type: 'uint256' },
    ],
    outputs: [],
    stateMutability: 'nonpayable',
  },
] as const;

export interface Payer {
  readonly address: Address;
  readonly signer: Address;
  open(payee: Address, amount: Wei, graceMinutes?: number): Promise<Hash>;
  requestClose(payee: Address): Promise<Hash>;
  topUp(payee: Address, amount: Wei): Promise<Hash>;
  proof(payee: Address, cumulative: Wei): SignedProof & { readonly payer: Address };
}

/** The payer needs coin for gas: use one of anvil's development keys, or `anvil_setBalance` before. */
export async function createPayer(profile: NetworkProfile, payerKey: Hex, signerKey: Hex, tokens: Wei): Promise<Payer> {
  const wallet = (key: Hex) =>
    createWalletClient({
      account: privateKeyToAccount(key),
      transport: http(profile.rpcUrl),
      pollingInterval: 20,
    }).extend(publicActions);
  const payer = wallet(payerKey);
  const signerSecret = fromHex(signerKey);
  const signer = addressOf(signerSecret);
  const channels = { address: profile.channels, abi: hermeChannelsAbi, chain: null } as const;

  async function mined(hash: Hash): Promise<Hash> {
    for (let tries = 0; tries < 500; tries++) {
      const receipt = await payer.getTransactionReceipt({ hash }).catch(() => null);
      if (receipt?.status === 'success') return hash;
      if (receipt) throw new Error(`${hash} was reverted`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`${hash} was not mined`);
  }

  async function permit(amount: Wei): Promise<readonly [bigint, number, Hex, Hex]> {
    const owner = payer.account.address;
    const deadline = BigInt(Number.MAX_SAFE_INTEGER);
    const nonce = await payer.readContract({
      address: profile.token,
      abi: erc20PermitAbi,
      functionName: 'nonces',
      args: [owner],
    });
    const { r, s, yParity } = parseSignature(
      await payer.signTypedData({
        domain: { name: profile.tokenName, version: '1', chainId: profile.chainId, verifyingContract: profile.token },
        primaryType: 'Permit',
        types: {
          Permit: [
            { name: 'owner', type: 'address' },
            { name: 'spender', type: 'address' },
            { name: 'value', type: 'uint256' },
            { name: 'nonce', type: 'uint256' },
            { name: 'deadline', type: 'uint256' },
          ],
        },
        message: { owner, spender: profile.channels, value: amount, nonce, deadline },
      }),
    );
    return [deadline, 27 + yParity, r, s];
  }

  await mined(
    await wallet(DEV_KEYS[0]).writeContract({
      address: profile.token,
      abi: MINT_ABI,
      functionName: 'mint',
      args: [payer.account.address, tokens],
      chain: null,
    }),
  );

  return {
    address: address(payer.account.address),
    signer,
    async open(payee, amount, graceMinutes = 1440) {
      const args = [signer, payee, amount, graceMinutes, ...(await permit(amount))] as const;
      return mined(await payer.writeContract({ ...channels, functionName: 'openWithPermit', args }));
    },
    async requestClose(payee) {
      return mined(await payer.writeContract({ ...channels, functionName: 'requestClose', args: [signer, payee] }));
    },
    async topUp(payee, amount) {
      const args = [signer, payee, amount, ...(await permit(amount))] as const;
      return mined(await payer.writeContract({ ...channels, functionName: 'topUpWithPermit', args }));
    },
    proof(payee, cumulative) {
      const message = { payer: address(payer.account.address), payee, cumulative };
      return { payer: message.payer, cumulative, signature: sign(proofDigest(profile, message), signerSecret) };
    },
  };
}
