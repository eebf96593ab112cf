/** The extension's wallet against a real chain: what it signs is what HermeChannels and the token take. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { accountOf, DEV_KEYS } from '../anvil.ts';
import { deployPlainToken } from '../plain-token.ts';
import { MYST, WalletBench } from './wallet-bench.ts';

const [, ONE, TWO] = DEV_KEYS;
const PAYEES = [accountOf(ONE), accountOf(TWO)] as const;

let bench: WalletBench;
beforeAll(async () => {
  bench = await WalletBench.create();
});
afterAll(() => bench?.close());

describe('one permit, one transaction', () => {
  test('two channels approved in a row, before a block comes, both open with exactly what was agreed to', async () => {
    bench.need(PAYEES);
    await vi.waitFor(() => expect(bench.approvals.map(({ problem }) => problem)).toEqual([null, null]), 5_000);
    await bench.anvil.rpc('evm_setAutomine', false);
    const [first, second] = bench.approvals;
    await bench.run({ name: 'approve', id: first?.id ?? '', amount: String(3n * MYST) });
    await bench.run({ name: 'approve', id: second?.id ?? '' });
    expect(bench.rows.slice(0, 2)).toEqual([
      ['open', 'pending'],
      ['open', 'pending'],
    ]);
    expect(bench.approvals).toEqual([]);
    await bench.anvil.rpc('evm_mine');
    await bench.anvil.rpc('evm_setAutomine', true);
    await bench.settled();
    expect(await bench.reader.channel(bench.parties(PAYEES[0]))).toMatchObject({
      deposit: 3n * MYST,
      graceMinutes: 60,
      closeAt: 0,
    });
    expect(await bench.reader.channel(bench.parties(PAYEES[1]))).toMatchObject({ deposit: 5n * MYST });
    await vi.waitFor(() => expect(bench.core.view().wallet.token).toBe(String(92n * MYST)), 5_000);
  });

  test('the fee named on the sheet was enough, and not twice what it took', async () => {
    const { coin } = await bench.reader.account(bench.address);
    const opened = bench.history.filter(({ kind }) => kind === 'open');
    const hashes = opened.map(({ hash }) => hash as `0x${string}`);
    const receipts = await Promise.all(hashes.map((hash) => bench.reader.receipt(hash)));
    for (const { gasUsed } of receipts) {
      expect(gasUsed).toBeLessThan(180_000n);
      expect(gasUsed).toBeGreaterThan(80_000n);
    }
    expect(coin).toBeLessThan(MYST);
  });

  test('a top-up that an exit needs adds to the channel', async () => {
    bench.need([PAYEES[0]], 'topUp');
    await vi.waitFor(() => expect(bench.approvals[0]).toMatchObject({ kind: 'topUp', problem: null }), 5_000);
    await bench.run({ name: 'approve', id: bench.approvals[0]?.id ?? '', amount: String(2n * MYST) });
    await bench.settled();
    expect((await bench.reader.channel(bench.parties(PAYEES[0]))).deposit).toBe(5n * MYST);
  });

  test('close and take back: after the grace everything that was not paid returns', async () => {
    bench.need([]);
    const payee = PAYEES[1];
    await bench.run({ name: 'channel.request', payee, signer: bench.parties(payee).signer, action: 'requestClose' });
    await bench.agree();
    await bench.settled();
    expect((await bench.reader.channel(bench.parties(payee))).closeAt).toBeGreaterThan(0);
    await bench.anvil.rpc('evm_increaseTime', 3_700);
    await bench.anvil.rpc('evm_mine');
    await bench.run({ name: 'channel.request', payee, signer: bench.parties(payee).signer, action: 'withdraw' });
    await bench.agree();
    await bench.settled();
    await vi.waitFor(() => expect(bench.core.view().wallet.token).toBe(String(95n * MYST)), 5_000);
    await vi.waitFor(
      () =>
        expect(bench.history.map(({ kind }) => kind)).toEqual([
          'withdraw',
          'requestClose',
          'topUp',
          'open',
          'open',
          'received',
        ]),
      5_000,
    );
    await vi.waitFor(() => expect(bench.history.filter(({ block }) => block === null)).toEqual([]), 5_000);
  });

  test('an approval that the chain would refuse is told as it is, and leaves nothing pending', async () => {
    bench.need([PAYEES[0]]);
    await vi.waitFor(() => expect(bench.approvals).toHaveLength(1), 5_000);
    const id = bench.approvals[0]?.id ?? '';
    await expect(bench.run({ name: 'approve', id, amount: String(1000n * MYST) })).rejects.toMatchObject({
      code: 'funds_insufficient',
    });
    expect(bench.history.every(({ status }) => status !== 'pending')).toBe(true);
  });
});

describe('paying without a question', () => {
  const LIMITS = {
    on: true,
    perDay: String(3n * MYST),
    perMonth: String(10n * MYST),
    perChannel: String(50n * MYST),
    maxFee: String(MYST),
    priceCap: null,
  };

  test('fills a deposit that runs low, once, up to what the day allows', async () => {
    const before = (await bench.reader.channel(bench.parties(PAYEES[0]))).deposit;
    await bench.run({ name: 'wallet.limits', limits: LIMITS });
    bench.need([PAYEES[0]], 'topUp');
    await vi.waitFor(() => expect(bench.history[0]).toMatchObject({ kind: 'topUp', auto: true }), 5_000);
    await bench.settled();
    expect(bench.approvals).toEqual([]);
    expect((await bench.reader.channel(bench.parties(PAYEES[0]))).deposit).toBe(before + 3n * MYST);
    expect(bench.core.view().wallet.autoToday).toBe(String(3n * MYST));
  });

  test('beyond the limit it is a sheet, which says why', async () => {
    bench.need([PAYEES[0]], 'topUp');
    await vi.waitFor(() => expect(bench.approvals[0]).toMatchObject({ kind: 'topUp', autoStop: 'day' }), 5_000);
    expect(bench.rows.filter(([kind]) => kind === 'topUp')).toHaveLength(2);
  });

  test('a node that has raised its price is asked for, unless the user’s cap covers it', async () => {
    bench.need([PAYEES[0]], 'topUp', 2_000n);
    await bench.run({ name: 'wallet.limits', limits: { ...LIMITS, perDay: String(9n * MYST) } });
    await vi.waitFor(() => expect(bench.approvals[0]).toMatchObject({ autoStop: 'price' }), 5_000);
    expect(bench.core.money.priceFor(PAYEES[0])).toBe(1_000n);
    const limits = { ...LIMITS, perDay: String(9n * MYST), priceCap: '2000' };
    await bench.run({ name: 'wallet.limits', limits });
    await vi.waitFor(() => expect(bench.rows.filter(([kind]) => kind === 'topUp')).toHaveLength(3), 5_000);
    await bench.settled();
    expect(bench.core.money.priceFor(PAYEES[0])).toBe(2_000n);
    await bench.run({ name: 'wallet.limits', limits: { ...LIMITS, on: false } });
  });
});

describe('what leaves for somebody else', () => {
  const FRIEND = accountOf(TWO);

  test('tokens arrive, and are in the activity and in the table', async () => {
    bench.need([]);
    const before = (await bench.reader.account(FRIEND)).token;
    await bench.run({ name: 'wallet.send', asset: 'token', to: FRIEND, amount: '7' });
    expect(bench.approvals[0]).toMatchObject({ kind: 'send', to: FRIEND, amount: '7' });
    await bench.agree();
    await bench.settled();
    expect((await bench.reader.account(FRIEND)).token).toBe(before + 7n);
    const { text } = (await bench.run({ name: 'wallet.csv' })) as { text: string; rows: number };
    expect(text.split('\r\n').find((line) => line.includes('"send"'))).toContain('"0.000000000000000007","tMYST","7"');
    expect(text.split('\r\n').length - 2).toBe(bench.core.view().wallet.historyTotal);
  });

  test('a receiver that can not be meant is refused in words', async () => {
    const send = (to: string) => bench.run({ name: 'wallet.send', asset: 'token', to, amount: '7' });
    await expect(send(bench.profile.channels)).rejects.toMatchObject({ code: 'address_invalid' });
    await expect(send('0x12')).rejects.toMatchObject({ code: 'address_invalid' });
    expect(bench.approvals).toEqual([]);
  });

  test('what the chain refuses is told with its reason, and can be tried again', async () => {
    await bench.run({ name: 'wallet.send', asset: 'token', to: FRIEND, amount: String(50n * MYST) });
    // The tokens go elsewhere between the sheet and the block.
    await bench.anvil.rpc('evm_setAutomine', false);
    await bench.agree();
    await bench.anvil.rpc('anvil_dealERC20', bench.core.wallet.address, bench.profile.token, '0x1');
    await bench.anvil.rpc('evm_mine');
    await bench.anvil.rpc('evm_setAutomine', true);
    const failed = () => bench.history.find(({ status }) => status === 'failed');
    await vi.waitFor(() => expect(failed()).toMatchObject({ kind: 'send', retry: true }), 10_000);
    expect(failed()?.reason).toContain('ERC20InsufficientBalance');
    await bench.anvil.rpc(
      'anvil_dealERC20',
      bench.core.wallet.address,
      bench.profile.token,
      `0x${(80n * MYST).toString(16)}`,
    );
    await bench.run({ name: 'wallet.retry', id: failed()?.id ?? '' });
    await vi.waitFor(() => expect(bench.approvals[0]).toMatchObject({ kind: 'send', problem: null }), 5_000);
    const before = (await bench.reader.account(FRIEND)).token;
    await bench.agree();
    await vi.waitFor(async () => expect((await bench.reader.account(FRIEND)).token).toBe(before + 50n * MYST), 10_000);
  });
});

describe('a token without permits', () => {
  let plain: WalletBench;
  beforeAll(async () => {
    plain = await WalletBench.create(deployPlainToken);
  });
  afterAll(() => plain?.close());

  test('takes two transactions, and the sheet says so', async () => {
    const [payee] = PAYEES;
    plain.need([payee]);
    await vi.waitFor(() => expect(plain.approvals[0]).toMatchObject({ problem: null, transactions: 2 }), 5_000);
    await plain.agree();
    await plain.settled();
    expect((await plain.reader.channel(plain.parties(payee))).deposit).toBe(5n * MYST);
    expect((await plain.reader.account(plain.address)).allowance).toBe(0n);
  });

  test('and so does the next: leave is for exactly one deposit', async () => {
    const [payee] = PAYEES;
    plain.need([payee], 'topUp');
    await vi.waitFor(() => expect(plain.approvals[0]).toMatchObject({ transactions: 2 }), 5_000);
    await plain.agree();
    await plain.settled();
    expect(plain.rows.filter(([kind]) => kind === 'approve')).toHaveLength(2);
    expect((await plain.reader.channel(plain.parties(payee))).deposit).toBe(10n * MYST);
  });
});
