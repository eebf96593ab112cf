/**
 * Who pays, honestly and otherwise, against an honest provider: a real daemon, real tunnels, a real
 * chain. Each story ends with the balances, to the wei, and with what its user reads.
 */
import { parseEther } from 'viem';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { WarrenErrorData } from '../../shared/base/errors.ts';
import type { Wei } from '../../shared/base/units.ts';
import { MEGABYTE, ONE, PER_MB, ProviderLab, type ScriptedClient, until, type Wallet } from '../net/provider-lab.ts';
import type { Cheat } from '../net/provider-programs/cheats.ts';
import { onScreen } from './words.ts';

let lab: ProviderLab;
let client: ScriptedClient;

beforeAll(async () => {
  lab = await ProviderLab.create();
  await lab.start();
  client = await lab.client();
});
afterAll(() => lab?.close());

async function funded(graceMinutes = 1440): Promise<Wallet> {
  const wallet = await lab.wallet('10');
  await wallet.open(lab.account, '1', graceMinutes);
  return wallet;
}
const connect = (wallet: Wallet, cheat?: Cheat, from = client) =>
  from.ask({
    verb: 'connect',
    did: lab.did,
    payer: wallet.account,
    signerKey: wallet.signerKey,
    ...(cheat ? { cheat } : {}),
  });
const stream = () => client.ask({ verb: 'stream', address: ONE });
const refused = async (work: Promise<unknown>): Promise<WarrenErrorData> => {
  const error = await work.then(
    () => null,
    (thrown: WarrenErrorData) => thrown,
  );
  if (error === null) throw new Error('it was not refused');
  return { code: error.code, message: error.message.replace(/^\w+: /, ''), action: '' };
};
/** The provider gives the channel back: what it is paid is what it took of the deposit. */
async function settled(wallet: Wallet, before: Wei): Promise<Wei> {
  return (await settledWith(wallet, before)).earned;
}

/** And what the client had counted in the end: proofs go on until it asks for the close. */
async function settledWith(wallet: Wallet, before: Wei) {
  const closed = await client.ask<{ claimed: string; refunded: string }>({ verb: 'close' });
  const last = await client.state();
  await client.ask({ verb: 'leave' });
  const earned = (await lab.balance(lab.account)) - before;
  expect(earned).toBe(BigInt(closed.claimed));
  expect(await lab.balance(wallet.account)).toBe(parseEther('10') - earned);
  return { earned, last };
}

describe('an honest client', () => {
  test('pays for what passed, at most a megabyte more, and has the rest back', async () => {
    const wallet = await funded();
    const before = await lab.balance(lab.account);
    await connect(wallet);
    await client.ask({ verb: 'get', address: ONE, path: '/20mb' });
    const { earned, last } = await settledWith(wallet, before);
    const { rxBytes, txBytes, spentTotal } = last;
    expect(earned).toBe(BigInt(spentTotal));
    const bytes = Number((earned * BigInt(MEGABYTE)) / PER_MB);
    expect(bytes).toBeGreaterThan(rxBytes + txBytes - MEGABYTE);
    expect(bytes).toBeLessThan((rxBytes + txBytes) * 1.03 + 2.5 * MEGABYTE);
  });
});

describe('a client that cheats with its proofs', () => {
  test('and pays a tenth: it is served what it paid for and a megabyte, and the provider has that money', async () => {
    const wallet = await funded();
    const before = await lab.balance(lab.account);
    await connect(wallet, 'underPay');
    await stream();
    const shut = await until('the gate is shut', async () => {
      const now = await client.state();
      return !now.gate && now;
    });
    expect(shut.gateCode).toBe('payment_stopped');
    const earned = await settled(wallet, before);
    const paid = Number((earned * BigInt(MEGABYTE)) / PER_MB);
    console.info(`under-paid: ${shut.rxBytes + shut.txBytes} bytes passed, ${paid} paid`);
    expect(shut.rxBytes + shut.txBytes - paid).toBeLessThan(2.5 * MEGABYTE);
  });

  test('and replays one: nothing more is granted for it, and it is paid once', async () => {
    const wallet = await funded();
    const before = await lab.balance(lab.account);
    await connect(wallet, 'replay');
    await stream();
    await until('the gate is shut', async () => !(await client.state()).gate);
    const { earnings } = await lab.status();
    const earned = await settled(wallet, before);
    expect(earned).toBe(BigInt(earnings.unclaimed));
    // One proof of one megabyte, and whatever the first tick had seen pass.
    expect(earned).toBeLessThan(2n * PER_MB);
  });

  test.each(['flip', 'otherChain'] as const)(
    'and sends one that is worth nothing (%s): refused in words, never claimed',
    async (cheat) => {
      const wallet = await funded();
      const before = await lab.balance(lab.account);
      await connect(wallet, cheat);
      await stream();
      const told = await until('it is told', async () => {
        const now = await client.state();
        return now.trouble !== null && !now.gate && now;
      });
      expect(told.trouble?.code).toBe('proof_invalid');
      expect(onScreen(told.trouble)).toMatch(/wrong signature[\s\S]*another node/);
      expect(told.rxBytes + told.txBytes).toBeLessThan(2.5 * MEGABYTE);
      expect(await settled(wallet, before)).toBe(0n);
    },
  );
});

describe('a client that cheats with its channel', () => {
  test('and asks for its money back while it goes on: what it signed is claimed at once, then it is served no more', async () => {
    const wallet = await funded();
    const before = await lab.balance(lab.account);
    await connect(wallet);
    await client.ask({ verb: 'get', address: ONE, path: '/20mb' });
    await stream();
    await wallet.requestClose(lab.account);
    const told = await until('the gate is shut for good', async () => {
      const now = await client.state();
      return now.gateCode === 'channel_closing' && now;
    });
    const earned = await until('all that was signed is claimed', async () => {
      const { earnings } = await lab.status();
      return BigInt(earnings.unclaimed) === 0n && (await lab.balance(lab.account)) - before;
    });
    expect(earned).toBeLessThanOrEqual(BigInt(told.spentTotal));
    expect(earned).toBeGreaterThan(BigInt(told.spentTotal) - 3n * PER_MB);
    await client.ask({ verb: 'vanish' });
    const again = await refused(connect(wallet));
    expect(onScreen(again)).toMatch(/being paid back/);
    await lab.pass(1441);
    await wallet.withdraw(lab.account);
    expect(await lab.balance(wallet.account)).toBe(parseEther('10') - earned);
  });

  test('and opens it with too short a notice: it is not served, and nobody earns', async () => {
    const hasty = await funded(60);
    const before = await lab.balance(lab.account);
    const error = await refused(connect(hasty));
    expect(error.code).toBe('channel_grace_short');
    expect(onScreen(error)).toMatch(/too quickly[\s\S]*longer notice/);
    await hasty.requestClose(lab.account);
    await lab.pass(61);
    await hasty.withdraw(lab.account);
    expect(await lab.balance(hasty.account)).toBe(parseEther('10'));
    expect(await lab.balance(lab.account)).toBe(before);
  });

  test('and floods the node with openings: most are refused, and an honest client is served meanwhile', async () => {
    const flood = await lab.client('flood');
    const penniless = await lab.wallet('1');
    const attempts = Array.from({ length: 60 }, () => refused(connect(penniless, undefined, flood)));
    const wallet = await funded();
    const before = await lab.balance(lab.account);
    await connect(wallet);
    expect(await client.ask({ verb: 'get', address: ONE, path: '/' })).toMatchObject({
      text: expect.stringContaining(lab.lab.home('de').wan),
    });
    const codes = (await Promise.all(attempts)).map(({ code }) => code);
    console.info(
      'flood',
      JSON.stringify(
        Object.groupBy(codes, (code) => code),
        (_, all) => (Array.isArray(all) ? all.length : all),
      ),
    );
    // Without a channel none gets in; most do not even get so far.
    const expected = [
      'channel_missing',
      'rate_limited',
      'node_offline',
      'relay_unreachable',
      'no_path',
      'provider_full',
    ];
    expect(codes.filter((code) => !expected.includes(code))).toEqual([]);
    expect((await lab.status()).clients.active).toBe(1);
    const earned = await settled(wallet, before);
    expect(earned).toBeLessThanOrEqual(3n * PER_MB);
    expect(await lab.balance(penniless.account)).toBe(parseEther('1'));
  });
});

test('every wei of every deposit is with its payer or with the provider', async () => {
  expect(await lab.balance(lab.profile.channels)).toBe(0n);
});
