/** A transaction that failed tells why, in the contract's words: a receipt alone does not. */
import { createWalletClient, encodeFunctionData, http } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { expect, test } from 'vitest';
import { address } from '../../shared/base/units.ts';
import { createLedgerReader } from '../../shared/node/ledger/reader.ts';
import { hermeChannelsAbi } from '../../shared/wire/abi.ts';
import { accountOf, DEV_KEYS, deployedProfile, startAnvil } from '../anvil.ts';

test('a reverted transaction names the contract’s error', async () => {
  const anvil = await startAnvil();
  try {
    const { rpcUrl } = anvil;
    const profile = await deployedProfile(rpcUrl);
    const reader = createLedgerReader(profile);
    const account = privateKeyToAccount(DEV_KEYS[0]);
    const signer = address(`0x${'5a'.repeat(20)}`);
    const data = encodeFunctionData({
      abi: hermeChannelsAbi,
      functionName: 'withdraw',
      args: [accountOf(DEV_KEYS[0]), signer, accountOf(DEV_KEYS[1])],
    });
    const hash = await createWalletClient({ account, transport: http(rpcUrl) }).sendTransaction({
      to: profile.channels,
      data,
      gas: 90_000n,
      chain: null,
    });
    await expect.poll(() => reader.receipt(hash)).toMatchObject({ status: 'reverted' });
    expect((await reader.receipt(hash)).reason).toContain('UnknownChannel');
    reader.close();
  } finally {
    await anvil.stop();
  }
});
