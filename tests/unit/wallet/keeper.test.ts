/** The wallet over its life: a new password, a stronger vault, more accounts, its end; and what never leaves it. */
import { describe, expect, test, vi } from 'vitest';
import { runCommand } from '../../../extension/background/commands.ts';
import { accountKey, channelSigner } from '../../../extension/wallet/keys.ts';
import { seedOf } from '../../../extension/wallet/seed.ts';
import { ITERATIONS, isOutdated, MIN_ITERATIONS, sealVault, type Vault } from '../../../extension/wallet/vault.ts';
import { background, PASSWORD, withWallet } from '../extension/background.ts';
import { snapshot, WELCOME } from '../extension/fake-browser.ts';
import { exitInput, payee } from '../extension/tables.ts';

const PHRASE = 'test test test test test test test test test test test junk';

async function imported() {
  const all = await background();
  await runCommand({ name: 'wallet.import', phrase: PHRASE, password: PASSWORD, otherDevice: false }, all.core);
  return all;
}
type Stored = { wallet: { vault: Vault; address: string; more: string[]; active: number } };
const stored = async (local: Awaited<ReturnType<typeof background>>['local']) => (await local.get('wallet')) as Stored;

describe('the password', () => {
  test('can be changed against the old one; only the new one opens the wallet then', async () => {
    const { core, local, session } = await imported();
    const change = (password: string, next: string) =>
      runCommand({ name: 'wallet.changePassword', password, next }, core);
    await expect(change('not the one', 'another long one')).rejects.toMatchObject({ code: 'password_wrong' });
    await expect(change(PASSWORD, 'short')).rejects.toMatchObject({ code: 'password_wrong' });
    await change(PASSWORD, 'another long one');
    await runCommand({ name: 'wallet.lock' }, core);
    const later = await background(local, session);
    await expect(runCommand({ name: 'wallet.unlock', password: PASSWORD }, later.core)).rejects.toMatchObject({
      code: 'password_wrong',
    });
    await runCommand({ name: 'wallet.unlock', password: 'another long one' }, later.core);
    expect(later.core.wallet.unlocked).toBe(true);
  });

  test('a vault of fewer rounds is rewritten with the rounds of today when it is unlocked', async () => {
    const { local } = await imported();
    const { wallet } = await stored(local);
    const old = await sealVault({ phrase: PHRASE, device: 0 }, PASSWORD, MIN_ITERATIONS);
    expect(isOutdated(old)).toBe(true);
    await local.set({ wallet: { vault: old, address: wallet.address, backedUp: true } });
    const { core } = await background(local);
    await runCommand({ name: 'wallet.unlock', password: PASSWORD }, core);
    expect((await stored(local)).wallet.vault.iterations).toBe(ITERATIONS);
    await runCommand({ name: 'wallet.lock' }, core);
    await runCommand({ name: 'wallet.unlock', password: PASSWORD }, core);
    expect(core.wallet.address).toBe(wallet.address);
  });
});

describe('the lock', () => {
  test('comes on time although a window asks things by itself', async () => {
    const { core, clock } = await imported();
    for (let minutes = 0; minutes < 16; minutes++) {
      clock.advance(60_000);
      await runCommand({ name: 'book' }, core);
      await runCommand({ name: 'site', host: 'one.example', tab: null }, core);
      await core.wallet.lockIfDue();
    }
    expect(core.wallet.unlocked).toBe(false);
  });

  test('is put off by what a person does, but not once it is due', async () => {
    const { core, clock } = await imported();
    clock.advance(14 * 60_000);
    await runCommand({ name: 'settings', closeChannels: true }, core);
    clock.advance(14 * 60_000);
    await core.wallet.lockIfDue();
    expect(core.wallet.unlocked).toBe(true);
    clock.advance(2 * 60_000);
    await runCommand({ name: 'settings', closeChannels: true }, core);
    expect(core.wallet.unlocked).toBe(false);
  });
});

describe('accounts', () => {
  test('are the ones that every wallet derives; each has its own signers, book and place in the intent', async () => {
    const { core, local, host } = await imported();
    const seed = await seedOf(PHRASE);
    await runCommand({ name: 'wallet.addAccount' }, core);
    expect(core.view().wallet).toMatchObject({
      address: accountKey(seed, 1).address,
      accounts: [accountKey(seed, 0).address, accountKey(seed, 1).address],
      activeAccount: 1,
    });
    expect(core.wallet.signerFor(payee(1))).toEqual(channelSigner(seed, 0, payee(1), 1));
    expect(core.wallet.signerFor(payee(1)).address).not.toBe(channelSigner(seed, 0, payee(1)).address);
    await core.money.setLimits({ on: true, perDay: '1', perMonth: '1', perChannel: '1', maxFee: '1', priceCap: null });
    expect(core.view().wallet.autoTopUp.on).toBe(true);
    await runCommand({ name: 'wallet.useAccount', index: 0 }, core);
    expect(core.view().wallet.autoTopUp.on).toBe(false);
    const { core: later } = await background(local);
    expect(later.wallet.active).toBe(0);
    await runCommand({ name: 'wallet.useAccount', index: 1 }, later);
    expect(later.view().wallet.autoTopUp.on).toBe(true);
    await runCommand({ name: 'protect', on: true }, core);
    host().say(WELCOME);
    expect(host().of('intent').at(-1)?.payer).toBe(accountKey(seed, 0).address);
  });

  test('can not be changed while one pays', async () => {
    const { core, welcomed } = await imported();
    await runCommand({ name: 'wallet.addAccount' }, core);
    await runCommand({ name: 'protect', on: true }, core);
    await expect(runCommand({ name: 'wallet.useAccount', index: 0 }, core)).rejects.toMatchObject({
      code: 'wallet_in_use',
    });
    const port = welcomed();
    await runCommand({ name: 'protect', on: false }, core);
    port.say({ ...snapshot(0, [exitInput('any', { phase: 'closing', proxy: null })]), idle: false });
    await vi.waitFor(() => expect(core.view().exits).toHaveLength(1));
    await expect(runCommand({ name: 'wallet.erase', tail: 'xxxx' }, core)).rejects.toBeDefined();
    await expect(runCommand({ name: 'wallet.useAccount', index: 0 }, core)).rejects.toMatchObject({
      code: 'wallet_in_use',
    });
  });

  test('need an unlocked wallet to be made', async () => {
    const { core } = await imported();
    await runCommand({ name: 'wallet.lock' }, core);
    await expect(runCommand({ name: 'wallet.addAccount' }, core)).rejects.toMatchObject({ code: 'wallet_locked' });
  });
});

describe('the end', () => {
  test('needs the letters of the address, and leaves nothing of any account behind', async () => {
    const { core, local, session } = await imported();
    const first = core.wallet.address ?? '';
    await runCommand({ name: 'wallet.addAccount' }, core);
    await core.money.setLimits({ on: true, perDay: '1', perMonth: '1', perChannel: '1', maxFee: '1', priceCap: null });
    await expect(runCommand({ name: 'wallet.erase', tail: '' }, core)).rejects.toMatchObject({
      code: 'address_invalid',
    });
    await expect(runCommand({ name: 'wallet.erase', tail: 'zzzz' }, core)).rejects.toMatchObject({
      code: 'address_invalid',
    });
    await runCommand({ name: 'wallet.erase', tail: first.slice(-4) }, core);
    expect(core.view().wallet).toMatchObject({ exists: false, unlocked: false, address: null, accounts: [] });
    const keys = ['wallet', 'unlocked', 'book', 'ledger', 'spending', 'limits'];
    for (const key of keys.flatMap((name) => [name, `${name}.1`]))
      expect({ ...(await local.get(key)), ...(await session.get(key)) }).toEqual({});
    await runCommand({ name: 'wallet.create', password: PASSWORD }, core);
    expect(core.view().wallet).toMatchObject({ exists: true, autoTopUp: { on: false } });
  });
});

test('no view and no answer but those two holds words or a key', async () => {
  const { core, welcomed } = await withWallet();
  const { phrase } = (await runCommand({ name: 'wallet.reveal', password: PASSWORD }, core)) as { phrase: string };
  const seed = await seedOf(phrase);
  await runCommand({ name: 'protect', on: true }, core);
  welcomed().say(
    snapshot(0, [exitInput('any', { phase: 'funding', proxy: null, need: { kind: 'signer', payee: payee(1) } })]),
  );
  const said = JSON.stringify([
    core.view(),
    await runCommand({ name: 'table' }, core),
    await runCommand({ name: 'book' }, core),
    await runCommand({ name: 'wallet.unlock', password: PASSWORD }, core),
  ]);
  const secrets = [phrase, accountKey(seed).privateKey, channelSigner(seed, 0, payee(1)).privateKey];
  for (const secret of secrets) expect(said).not.toContain(secret);
});
