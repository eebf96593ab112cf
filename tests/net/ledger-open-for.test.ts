/** A payer without a coin for gas: the digest that it signs is the contract's own, and a relayer opens its channel. */
import fc from 'fast-check';
import { createTestClient, http, parseSignature, publicActions, walletActions } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fromHex, type Hex, toHex } from '../../shared/base/bytes.ts';
import { type Address, address } from '../../shared/base/units.ts';
import { decodedRevert } from '../../shared/node/ledger/failure.ts';
import { createLedgerReader } from '../../shared/node/ledger/reader.ts';
import { addressOf, sign } from '../../shared/node/secp256k1.ts';
import { erc20PermitAbi, hermeChannelsAbi } from '../../shared/wire/abi.ts';
import type { NetworkProfile } from '../../shared/wire/network.ts';
import { type OpenMessage, openDigest } from '../../shared/wire/proof.ts';
import { type Anvil, accountOf, DEV_KEYS, deployedProfile, startAnvil } from '../anvil.ts';
import { createPayer } from '../payer.ts';

const MYST = 10n ** 18n;
const [, RELAYER_KEY] = DEV_KEYS;
const RELAYER = accountOf(RELAYER_KEY);
const FAR = 2 ** 40;

let anvil: Anvil;
let profile: NetworkProfile;
beforeAll(async () => {
  anvil = await startAnvil();
  profile = await deployedProfile(anvil.rpcUrl);
});
afterAll(() => anvil?.stop());

const chain = () =>
  createTestClient({ mode: 'anvil', transport: http(profile.rpcUrl) })
    .extend(publicActions)
    .extend(walletActions);

/** The error that the contract gives a submission by the relayer, or null; nothing is sent. */
async function refusal(open: OpenMessage, compact: Uint8Array): Promise<string | null> {
  const failed = await chain()
    .simulateContract({ ...call(open, compact), account: open.relayer })
    .then(
      () => null,
      (thrown: unknown) => thrown,
    );
  return failed === null ? null : (decodedRevert(failed)?.split('(')[0] ?? String(failed));
}

const NO_PERMIT = [0, `0x${'00'.repeat(32)}`, `0x${'00'.repeat(32)}`] as const;
function call(open: OpenMessage, compact: Uint8Array, permit: readonly [number, Hex, Hex] = NO_PERMIT) {
  const [r, vs] = [toHex(compact.subarray(0, 32)), toHex(compact.subarray(32))];
  return {
    address: profile.channels,
    abi: hermeChannelsAbi,
    functionName: 'openFor',
    args: [{ ...open, deadline: BigInt(open.deadline) }, open.maxFee, r, vs, ...permit],
  } as const;
}

test('the contract computes the very digest that the library signs, for any opening and for no changed one', async () => {
  const keys = fc.uint8Array({ minLength: 31, maxLength: 31 }).map((bytes) => Uint8Array.of(1, ...bytes));
  const accounts = fc
    .uint8Array({ minLength: 19, maxLength: 19 })
    .map((bytes): Address => address(toHex(Uint8Array.of(0xee, ...bytes))));
  const amounts = fc.bigInt({ min: 1n, max: 2n ** 88n - 1n });
  const openings = fc.record({
    payee: accounts,
    signer: accounts,
    amount: amounts,
    grace: fc.integer({ min: 60, max: 43_200 }),
    nonce: fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }),
    deadline: fc.integer({ min: FAR, max: Number.MAX_SAFE_INTEGER }),
    relayer: accounts,
    maxFee: amounts,
  });
  await fc.assert(
    fc.asyncProperty(keys, openings, async (key, fields) => {
      const open = { payer: addressOf(key), ...fields };
      const signature = sign(openDigest(profile, open), key);
      // The signature is good: what fails next is the payment, for the payer owns nothing.
      expect(await refusal(open, signature)).toBe('ERC20InsufficientAllowance');
      expect(await refusal({ ...open, nonce: open.nonce ^ 1n }, signature)).toBe('InvalidSignature');
    }),
    { numRuns: 40 },
  );
});

test('a client that owns tokens but no coin gets its channel, and the relayer its fee', async () => {
  const key = generatePrivateKey();
  const account = privateKeyToAccount(key);
  await createPayer(profile, key, generatePrivateKey(), 10n * MYST);
  const open: OpenMessage = {
    payer: address(account.address),
    payee: accountOf(DEV_KEYS[2]),
    signer: accountOf(generatePrivateKey()),
    amount: 5n * MYST,
    grace: 1440,
    nonce: 1n,
    deadline: FAR,
    relayer: RELAYER,
    maxFee: MYST / 10n,
  };
  const signature = sign(openDigest(profile, open), fromHex(key));
  const types = {
    Permit: [
      { name: 'owner', type: 'address' },
      { name: 'spender', type: 'address' },
      { name: 'value', type: 'uint256' },
      { name: 'nonce', type: 'uint256' },
      { name: 'deadline', type: 'uint256' },
    ],
  } as const;
  const permit = parseSignature(
    await account.signTypedData({
      domain: { name: profile.tokenName, version: '1', chainId: profile.chainId, verifyingContract: profile.token },
      types,
      primaryType: 'Permit',
      message: {
        owner: open.payer,
        spender: profile.channels,
        value: open.amount + open.maxFee,
        nonce: 0n,
        deadline: BigInt(FAR),
      },
    }),
  );
  const client = chain();
  await client.writeContractSync({
    ...call(open, signature, [27 + permit.yParity, permit.r, permit.s]),
    account: privateKeyToAccount(RELAYER_KEY),
    chain: null,
  });

  const reader = createLedgerReader(profile, { pollMs: 20 });
  try {
    expect(await client.getBalance({ address: open.payer })).toBe(0n);
    expect(await reader.channel(open)).toMatchObject({ exists: true, deposit: open.amount, graceMinutes: 1440 });
  } finally {
    reader.close();
  }
  const balance = (owner: Address) =>
    client.readContract({ address: profile.token, abi: erc20PermitAbi, functionName: 'balanceOf', args: [owner] });
  expect(await balance(RELAYER)).toBe(open.maxFee);
  expect(await balance(open.payer)).toBe(10n * MYST - open.amount - open.maxFee);
  expect(await refusal(open, signature)).toBe('NonceUsed');
});
