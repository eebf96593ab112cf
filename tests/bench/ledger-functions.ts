/**
 * Gas of each function of HermeChannels that changes something: receipts on a real chain (anvil), transaction base and
 * calldata in it. Keys, amounts and deadlines are fixed, so the same bytecode gives the same figures.
 *
 *   node tests/bench/ledger-functions.ts            writes contracts/gas.json, which a test holds to one per cent
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { createTestClient, encodeFunctionData, http, publicActions, walletActions } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { PERMIT_SECONDS, signPermit } from '../../extension/wallet/permit.ts';
import { fromHex, type Hex, toHex } from '../../shared/base/bytes.ts';
import type { Address, Wei } from '../../shared/base/units.ts';
import { addressOf, sign } from '../../shared/node/secp256k1.ts';
import { erc20PermitAbi, hermeChannelsAbi } from '../../shared/wire/abi.ts';
import type { NetworkProfile } from '../../shared/wire/network.ts';
import { channelId, closeDigest, openDigest, proofDigest, proofItem } from '../../shared/wire/proof.ts';
import { type Anvil, accountOf, DEV_KEYS, deployedProfile, startAnvil } from '../anvil.ts';
import { createPayer } from '../payer.ts';
import { benchLedger } from './ledger.ts';

export const GAS_FILE = path.resolve(import.meta.dirname, '../../contracts/gas.json');

const [, PAYEE_KEY, PAYER_KEY] = DEV_KEYS;
const PAYEE = accountOf(PAYEE_KEY);
const PAYER = accountOf(PAYER_KEY);
const MYST = 10n ** 18n;
const FAR = 2 ** 40;
const GRACE = 1440;

type Gas = Partial<
  Record<
    | 'deploy'
    | 'open'
    | 'openWithPermit'
    | 'openFor'
    | 'cancelOpen'
    | 'topUp'
    | 'topUpWithPermit'
    | 'requestClose'
    | 'withdraw'
    | 'close'
    | 'closeWithSig'
    | 'claim1'
    | 'claim10'
    | 'claim100',
    number
  >
>;

/** Gas by function; `claim` per channel in batches of 1, 10 and 100. */
export async function gasOfFunctions(): Promise<Readonly<Gas>> {
  const anvil = await startAnvil();
  try {
    const profile = await deployedProfile(anvil.rpcUrl);
    const functions = await measure(anvil, profile);
    const { gasPerChannel } = await benchLedger();
    return { ...functions, claim1: gasPerChannel['1'], claim10: gasPerChannel['10'], claim100: gasPerChannel['100'] };
  } finally {
    await anvil.stop();
  }
}

async function measure(anvil: Anvil, profile: NetworkProfile): Promise<Gas> {
  const client = createTestClient({ mode: 'anvil', transport: http(profile.rpcUrl) })
    .extend(publicActions)
    .extend(walletActions);
  const gas: Gas = {};
  const send = async (key: Hex, to: Address, data: Hex): Promise<number> => {
    const receipt = await client.sendTransactionSync({ account: privateKeyToAccount(key), chain: null, to, data });
    if (receipt.status !== 'success') throw new Error('a transaction of the benchmark was reverted');
    return Number(receipt.gasUsed);
  };
  const tokens = (key: Hex, data: Hex) => send(key, profile.token, data);
  const channels = (key: Hex, data: Hex) => send(key, profile.channels, data);
  const abi = hermeChannelsAbi;

  const created = await client.getBlock({ blockNumber: 2n, includeTransactions: true });
  gas.deploy = Number(created.gasUsed);
  // Everyone has a balance from before, the contract too: a fresh one would cost 17,100 gas more, once in its life.
  await createPayer(profile, PAYEE_KEY, PAYEE_KEY, MYST);
  await createPayer(profile, PAYER_KEY, PAYER_KEY, 1_000n * MYST);
  await (await createPayer(profile, DEV_KEYS[0], DEV_KEYS[0], 2n * MYST)).open(PAYEE, MYST);

  const approve = (amount: Wei) =>
    encodeFunctionData({ abi: erc20PermitAbi, functionName: 'approve', args: [profile.channels, amount] });
  const signer = (n: number): { key: Uint8Array; address: Address } => {
    const key = fromHex(n.toString(16).padStart(64, '7'));
    return { key, address: addressOf(key) };
  };
  const [first, second, third] = [signer(1), signer(2), signer(3)];

  await tokens(PAYER_KEY, approve(100n * MYST));
  gas.open = await channels(
    PAYER_KEY,
    encodeFunctionData({ abi, functionName: 'open', args: [first.address, PAYEE, MYST, GRACE] }),
  );
  gas.topUp = await channels(
    PAYER_KEY,
    encodeFunctionData({ abi, functionName: 'topUp', args: [first.address, PAYEE, MYST] }),
  );
  await tokens(PAYER_KEY, approve(0n));
  gas.openWithPermit = await channels(
    PAYER_KEY,
    encodeFunctionData({
      abi,
      functionName: 'openWithPermit',
      args: [second.address, PAYEE, MYST, GRACE, ...(await permit(profile, MYST, 0n))],
    }),
  );
  gas.topUpWithPermit = await channels(
    PAYER_KEY,
    encodeFunctionData({
      abi,
      functionName: 'topUpWithPermit',
      args: [second.address, PAYEE, MYST, ...(await permit(profile, MYST, 1n))],
    }),
  );

  const relayer = accountOf(DEV_KEYS[0]);
  const terms = { payer: PAYER, payee: PAYEE, signer: third.address, amount: MYST, grace: GRACE, nonce: 1n };
  const open = { ...terms, deadline: FAR, relayer, maxFee: MYST / 10n };
  const opening = words(sign(openDigest(profile, open), fromHex(PAYER_KEY)));
  const [, ...permitted] = await permit(profile, open.amount + open.maxFee, 2n);
  gas.openFor = await channels(
    DEV_KEYS[0],
    encodeFunctionData({
      abi,
      functionName: 'openFor',
      args: [{ ...open, deadline: BigInt(FAR) }, open.maxFee, ...opening, ...permitted],
    }),
  );
  gas.cancelOpen = await channels(PAYER_KEY, encodeFunctionData({ abi, functionName: 'cancelOpen', args: [2n] }));

  const cumulative = MYST / 2n;
  const signed = sign(proofDigest(profile, { payer: PAYER, payee: PAYEE, cumulative }), second.key);
  gas.close = await channels(
    PAYEE_KEY,
    encodeFunctionData({
      abi,
      functionName: 'close',
      args: [PAYER, second.address, [proofItem(PAYER, { cumulative, signature: signed })]],
    }),
  );
  const id = channelId({ payer: PAYER, signer: third.address, payee: PAYEE });
  const agreed = sign(
    closeDigest(profile, { channelId: id, epoch: 0, claimed: 0n, deadline: FAR }),
    fromHex(PAYEE_KEY),
  );
  gas.closeWithSig = await channels(
    PAYER_KEY,
    encodeFunctionData({
      abi,
      functionName: 'closeWithSig',
      args: [PAYER, third.address, PAYEE, 0n, BigInt(FAR), ...words(agreed)],
    }),
  );
  gas.requestClose = await channels(
    PAYER_KEY,
    encodeFunctionData({ abi, functionName: 'requestClose', args: [first.address, PAYEE] }),
  );
  await anvil.rpc('evm_increaseTime', GRACE * 60 + 60);
  gas.withdraw = await channels(
    PAYER_KEY,
    encodeFunctionData({ abi, functionName: 'withdraw', args: [PAYER, first.address, PAYEE] }),
  );
  return gas;
}

/** EIP-2612 permit of the payer for the channels, as the wallet signs it. */
async function permit(profile: NetworkProfile, value: Wei, permitNonce: bigint) {
  const key = { privateKey: PAYER_KEY, address: PAYER };
  const { deadline, v, r, s } = await signPermit(value, key, {
    network: profile,
    permitNonce,
    blockTime: FAR - PERMIT_SECONDS,
  });
  return [deadline, v, r, s] as const;
}

function words(compact: Uint8Array): readonly [Hex, Hex] {
  return [toHex(compact.subarray(0, 32)), toHex(compact.subarray(32))];
}

if (import.meta.main) {
  const gas = await gasOfFunctions();
  writeFileSync(GAS_FILE, `${JSON.stringify(gas, null, 2)}\n`);
  console.log(gas);
}
