/** An account's history as the chain tells it: every event once, in order, whatever the pages; and why a transaction failed. */
import { createWalletClient, encodeFunctionData, http, parseAbi, publicActions } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Hex } from '../../shared/base/bytes.ts';
import { address } from '../../shared/base/units.ts';
import { createLedgerReader } from '../../shared/node/ledger/reader.ts';
import { erc20PermitAbi, hermeChannelsAbi } from '../../shared/wire/abi.ts';
import type { NetworkProfile } from '../../shared/wire/network.ts';
import { channelId } from '../../shared/wire/proof.ts';
import { type Anvil, accountOf, DEV_KEYS, deployedProfile, startAnvil } from '../anvil.ts';

const MYST = 10n ** 18n;
const [PAYER_KEY, PAYEE_KEY, STRANGER_KEY] = DEV_KEYS;
const PAYER = accountOf(PAYER_KEY);
const PAYEE = accountOf(PAYEE_KEY);
const STRANGER = accountOf(STRANGER_KEY);
const SIGNER = address(`0x${'5a'.repeat(20)}`);
const mintAbi = parseAbi(['function mint(address to, uint256 amount)']);

let anvil: Anvil;
let profile: NetworkProfile;
let reader: ReturnType<typeof createLedgerReader>;
let id: Hex;

function as(key: Hex) {
  return createWalletClient({ account: privateKeyToAccount(key), transport: http(anvil.rpcUrl) }).extend(publicActions);
}
const token = () => ({ address: profile.token, abi: erc20PermitAbi, chain: null }) as const;
const channels = () => ({ address: profile.channels, abi: hermeChannelsAbi, chain: null }) as const;

beforeAll(async () => {
  anvil = await startAnvil();
  profile = await deployedProfile(anvil.rpcUrl);
  reader = createLedgerReader(profile);
  id = channelId({ payer: PAYER, signer: SIGNER, payee: PAYEE });
  const payer = as(PAYER_KEY);
  await payer.writeContract({ ...token(), abi: mintAbi, functionName: 'mint', args: [PAYER, 100n * MYST] });
  await payer.writeContract({ ...token(), functionName: 'approve', args: [profile.channels, 50n * MYST] });
  await payer.writeContract({ ...channels(), functionName: 'open', args: [SIGNER, PAYEE, 5n * MYST, 60] });
  await payer.writeContract({ ...channels(), functionName: 'topUp', args: [SIGNER, PAYEE, 2n * MYST] });
  await payer.writeContract({ ...token(), functionName: 'transfer', args: [STRANGER, MYST] });
  // What a poisoner does: a transfer of nothing that names the victim.
  await as(STRANGER_KEY).writeContract({ ...token(), functionName: 'transferFrom', args: [PAYER, STRANGER, 0n] });
  await as(STRANGER_KEY).writeContract({ ...token(), functionName: 'transfer', args: [PAYER, 3n] });
  await payer.writeContract({ ...channels(), functionName: 'requestClose', args: [SIGNER, PAYEE] });
  // Blocks of one second are dated one after the other, ahead of the clock: an hour after now may be too soon.
  await anvil.rpc('evm_increaseTime', 3_700);
  // What a transaction would cost may be tried on the newest block there is.
  await anvil.rpc('evm_mine');
  await payer.writeContract({ ...channels(), functionName: 'withdraw', args: [PAYER, SIGNER, PAYEE] });
});
afterAll(async () => {
  reader?.close();
  await anvil?.stop();
});

describe('the history of an account', () => {
  test('has each deposit, notice, refund and transfer once, and none of nothing', async () => {
    const { events, head, next } = await reader.history(PAYER, undefined, []);
    expect(next).toBe(head + 1);
    expect(events.map(({ event }) => event)).toEqual([
      'transfer',
      'opened',
      'deposited',
      'deposited',
      'transfer',
      'transfer',
      'closeRequested',
      'refunded',
    ]);
    expect(events[1]).toMatchObject({ id, payee: PAYEE, signer: SIGNER, graceMinutes: 60 });
    expect(events[3]).toMatchObject({ total: 7n * MYST });
    expect(events[4]).toMatchObject({ from: PAYER, to: STRANGER, amount: MYST });
    expect(events[5]).toMatchObject({ from: STRANGER, to: PAYER, amount: 3n });
    expect(events[7]).toMatchObject({ id, amount: 7n * MYST });
    const times = events.map(({ time }) => time);
    expect(times.every((time, i) => time > 0 && time >= (times[i - 1] ?? 0))).toBe(true);
  });

  test('asked for in parts it is the same, as long as the channels are named', async () => {
    const whole = await reader.history(PAYER, undefined, []);
    const cut = whole.events[3]?.block ?? 0;
    const late = await reader.history(PAYER, cut, [id]);
    expect(late.events).toEqual(whole.events.filter(({ block }) => block >= cut));
    const blind = await reader.history(PAYER, cut, []);
    expect(blind.events.map(({ event }) => event)).toEqual(['transfer', 'transfer']);
  });

  test('somebody else’s is another', async () => {
    const { events } = await reader.history(STRANGER, undefined, []);
    expect(events.map(({ event }) => event)).toEqual(['transfer', 'transfer']);
  });

  test('a page ends between blocks when there is more than it may hold', async () => {
    const wallet = as(PAYER_KEY);
    const start = (await reader.history(PAYER, undefined, [])).next;
    await anvil.rpc('evm_setAutomine', false);
    const nonce = await wallet.getTransactionCount({ address: PAYER });
    for (let i = 0; i < 405; i++) {
      await wallet.writeContract({
        ...token(),
        functionName: 'transfer',
        args: [STRANGER, BigInt(i + 1)],
        nonce: nonce + i,
        gas: 100_000n,
      });
      if (i % 135 === 134) await anvil.rpc('evm_mine');
    }
    await anvil.rpc('evm_setAutomine', true);
    const amounts: bigint[] = [];
    const sizes: number[] = [];
    for (let from = start; ; ) {
      const page = await reader.history(PAYER, from, [id]);
      sizes.push(page.events.length);
      amounts.push(...page.events.map((event) => ('amount' in event ? event.amount : 0n)));
      if (page.next > page.head) break;
      from = page.next;
    }
    expect(sizes).toEqual([270, 135]);
    expect(amounts).toEqual(Array.from({ length: 405 }, (_, i) => BigInt(i + 1)));
  });
});

test('a reverted transaction tells what it cost and why, in the contract’s words', async () => {
  const payer = as(PAYER_KEY);
  const data = encodeFunctionData({
    abi: hermeChannelsAbi,
    functionName: 'withdraw',
    args: [PAYER, SIGNER, PAYEE],
  });
  const hash = await payer.sendTransaction({ to: profile.channels, data, gas: 90_000n, chain: null });
  await expect.poll(() => reader.receipt(hash)).toMatchObject({ status: 'reverted' });
  const { reason, fee, gasUsed } = await reader.receipt(hash);
  expect(reason).toContain('CloseNotRequested');
  expect(fee).toBeGreaterThan(gasUsed ?? 0n);
  expect((await reader.account(PAYER)).minedNonce).toBe((await reader.account(PAYER)).nonce);
});
