/** A provider that cheats, against an honest client: what the client can lose at most, and what it reads. */
import { parseEther } from 'viem';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MEGABYTE, ONE, PER_MB, ProviderLab, type ScriptedClient, until, type Wallet } from '../net/provider-lab.ts';
import { onScreen } from './words.ts';

let lab: ProviderLab;
let client: ScriptedClient;
beforeAll(async () => {
  lab = await ProviderLab.create();
  client = await lab.client();
});
afterAll(() => lab?.close());

async function connected(cheat: string): Promise<Wallet> {
  await lab.start(cheat);
  const wallet = await lab.wallet('10');
  await wallet.open(lab.account, '1', 1440);
  await client.ask({ verb: 'connect', did: lab.did, payer: wallet.account, signerKey: wallet.signerKey });
  return wallet;
}
/** Nobody helps: notice, the grace time, withdraw. */
async function getOut(wallet: Wallet): Promise<void> {
  await wallet.requestClose(lab.account);
  await expect(wallet.withdraw(lab.account)).rejects.toThrow();
  await lab.pass(1441);
  await wallet.withdraw(lab.account);
}

describe('a provider that cheats', () => {
  test('and counts bytes that nobody sent: the client stops paying, says so, and lost no more than the tolerance', async () => {
    const wallet = await connected('overCount');
    await client.ask({ verb: 'stream', address: ONE });
    const told = await until('the client notices', async () => {
      const now = await client.state();
      return now.trouble !== null && now;
    });
    expect(told.trouble?.code).toBe('metering_disputed');
    expect(onScreen(told.trouble)).toMatch(/bills more than was carried[\s\S]*another node/);
    const signed = Number((BigInt(told.spentTotal) * BigInt(MEGABYTE)) / PER_MB);
    const honest = told.rxBytes + told.txBytes;
    console.info(`over-counted: ${honest} bytes passed, ${signed} paid`);
    expect(signed).toBeLessThanOrEqual(honest * 1.03 + 262_144 + 2 * MEGABYTE);
    await client.ask({ verb: 'vanish' });
    await getOut(wallet);
    const earned = await lab.balance(lab.account);
    expect(earned).toBeLessThanOrEqual(BigInt(told.spentTotal));
    expect(await lab.balance(wallet.account)).toBe(parseEther('10') - earned);
    await lab.stop();
  });

  test('and will not close: the client has its money back after the grace time, all but what it signed', async () => {
    const earnedBefore = await lab.balance(lab.account);
    const wallet = await connected('keepLast');
    await client.ask({ verb: 'get', address: ONE, path: '/20mb' });
    const closing = client.ask({ verb: 'close' });
    closing.catch(() => {});
    const { spentTotal } = await client.state();
    expect(BigInt(spentTotal)).toBeGreaterThan(15n * PER_MB);
    // It is gone, too: nothing of what follows needs it.
    lab.provider?.child.kill('SIGKILL');
    await lab.provider?.exited;
    await client.ask({ verb: 'vanish' });
    await getOut(wallet);
    const earned = (await lab.balance(lab.account)) - earnedBefore;
    expect(earned).toBe(0n);
    expect(await lab.balance(wallet.account)).toBe(parseEther('10'));
  });
});
