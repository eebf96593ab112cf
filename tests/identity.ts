/** An ERC-1056 identity for tests: writes to the registry as its owner would. */
import { createWalletClient, encodeFunctionData, type Hex, http, publicActions, stringToHex } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { type Address, address, didOf } from '../shared/base/units.ts';
import { VERI_KEY } from '../shared/node/did/document.ts';
import { ethereumDidRegistryAbi } from '../shared/wire/abi.ts';
import type { NetworkProfile } from '../shared/wire/network.ts';
import type { Anvil } from './anvil.ts';

/** A fresh account with coin, and a way to call the registry as it. */
export async function createIdentity(anvil: Anvil, profile: NetworkProfile) {
  const key = generatePrivateKey();
  const account = privateKeyToAccount(key);
  await anvil.rpc('anvil_setBalance', account.address, '0x8ac7230489e80000');
  const client = createWalletClient({ account, transport: http(profile.rpcUrl) }).extend(publicActions);
  const did = didOf(profile.chainId, address(account.address));
  const call = async (data: Hex) => {
    const hash = await client.sendTransaction({ to: profile.didRegistry, data, chain: null });
    for (let tries = 0; tries < 500; tries++) {
      if (await client.getTransactionReceipt({ hash }).catch(() => null)) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    throw new Error('not mined');
  };
  return {
    key,
    did,
    account: address(account.address),
    addDelegate: (delegate: Address, seconds: number) =>
      call(
        encodeFunctionData({
          abi: ethereumDidRegistryAbi,
          functionName: 'addDelegate',
          args: [account.address, VERI_KEY, delegate, BigInt(seconds)],
        }),
      ),
    revokeDelegate: (delegate: Address) =>
      call(
        encodeFunctionData({
          abi: ethereumDidRegistryAbi,
          functionName: 'revokeDelegate',
          args: [account.address, VERI_KEY, delegate],
        }),
      ),
    setAttribute: (name: Hex, value: string, seconds: number) =>
      call(
        encodeFunctionData({
          abi: ethereumDidRegistryAbi,
          functionName: 'setAttribute',
          args: [account.address, name, stringToHex(value), BigInt(seconds)],
        }),
      ),
    changeOwner: (owner: Address) =>
      call(
        encodeFunctionData({
          abi: ethereumDidRegistryAbi,
          functionName: 'changeOwner',
          args: [account.address, owner],
        }),
      ),
  };
}
