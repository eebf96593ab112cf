/**
 * Gas per settled channel in batches of 1, 10 and 100: receipts on a real chain (anvil), divided by the batch size,
 * so transaction base, calldata and the token transfer are in it. The payee's balance is not zero beforehand.
 */
import { createTestClient, encodeFunctionData, http, publicActions, size, walletActions } from 'viem';
import { fromHex, type Hex } from '../../shared/base/bytes.ts';
import type { Address, Wei } from '../../shared/base/units.ts';
import { addressOf, sign } from '../../shared/node/secp256k1.ts';
import { erc20PermitAbi, hermeChannelsAbi } from '../../shared/wire/abi.ts';
import type { NetworkProfile } from '../../shared/wire/network.ts';
import { proofDigest, proofItem } from '../../shared/wire/proof.ts';
import { accountOf, DEV_KEYS, deployedProfile, startAnvil } from '../anvil.ts';
import { createPayer } from '../payer.ts';

const BATCHES = [1, 10, 100] as const;
const MYST = 10n ** 18n;
const MEGABYTE_PRICE = MYST / 10_000n;

export interface LedgerFigures {
  readonly gasPerChannel: { readonly '1': number; readonly '10': number; readonly '100': number };
  /** Whole calldata of the batch of 100 ÷ 100. */
  readonly calldataBytesPerChannel: number;
}

export async function benchLedger(): Promise<LedgerFigures> {
  const anvil = await startAnvil();
  try {
    const profile = await deployedProfile(anvil.rpcUrl);
    const payee = accountOf(DEV_KEYS[1]);
    // A payee that owned tokens before: a fresh balance would cost 17,100 gas more, once.
    await createPayer(profile, DEV_KEYS[1], DEV_KEYS[1], MYST);
    const gas: Record<string, number> = {};
    let calldata = 0;
    for (const count of BATCHES) {
      const batch = await settle(profile, payee, count);
      gas[count] = Math.round(batch.gas / count);
      calldata = batch.calldata / count;
    }
    return {
      gasPerChannel: { '1': gas['1'] ?? 0, '10': gas['10'] ?? 0, '100': gas['100'] ?? 0 },
      calldataBytesPerChannel: Math.round(calldata * 10) / 10,
    };
  } finally {
    await anvil.stop();
  }
}

/** Opens `count` channels of as many payers, then claims them all in one transaction. */
async function settle(
  profile: NetworkProfile,
  payee: Address,
  count: number,
): Promise<{ readonly gas: number; readonly calldata: number }> {
  const client = createTestClient({ mode: 'anvil', transport: http(profile.rpcUrl) })
    .extend(publicActions)
    .extend(walletActions);
  const send = async (from: Address, to: Address, data: Hex) => {
    const hash = await client.sendUnsignedTransaction({ from, to, data });
    for (let tries = 0; tries < 2_000; tries++) {
      const receipt = await client.getTransactionReceipt({ hash }).catch(() => null);
      if (receipt?.status === 'success') return receipt;
      if (receipt) throw new Error('a transaction of the benchmark was reverted');
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    throw new Error('a transaction of the benchmark was not mined');
  };

  const items = [];
  for (let i = 0; i < count; i++) {
    const key = fromHex((0x1000n * BigInt(count) + BigInt(i) + 1n).toString(16).padStart(64, '0'));
    const payer = addressOf(key);
    await client.impersonateAccount({ address: payer });
    await client.setBalance({ address: payer, value: MYST });
    await send(accountOf(DEV_KEYS[1]), profile.token, transfer(payer, MYST / 1_000n));
    await send(payer, profile.token, approve(profile.channels));
    await send(
      payer,
      profile.channels,
      encodeFunctionData({ abi: hermeChannelsAbi, functionName: 'open', args: [payer, payee, MYST / 1_000n, 1440] }),
    );
    const cumulative: Wei = MEGABYTE_PRICE + BigInt(i);
    items.push(
      proofItem(payer, { cumulative, signature: sign(proofDigest(profile, { payer, payee, cumulative }), key) }),
    );
  }
  const data = encodeFunctionData({ abi: hermeChannelsAbi, functionName: 'claim', args: [payee, items] });
  const receipt = await send(payee, profile.channels, data);
  const paid = receipt.logs.filter((log) => log.address.toLowerCase() === profile.channels).length;
  if (paid !== count) throw new Error(`${paid} of ${count} channels were paid`);
  return { gas: Number(receipt.gasUsed), calldata: size(data) };
}

function transfer(to: Address, amount: Wei): Hex {
  return encodeFunctionData({ abi: erc20PermitAbi, functionName: 'transfer', args: [to, amount] });
}

function approve(spender: Address): Hex {
  return encodeFunctionData({ abi: erc20PermitAbi, functionName: 'approve', args: [spender, MYST] });
}

if (import.meta.main) console.log(await benchLedger());
