import { decodeFunctionData, keccak256, parseTransaction } from 'viem';
import { privateKeyToAddress } from 'viem/accounts';
import { describe, expect, test, vi } from 'vitest';
import { runCommand } from '../../../extension/background/commands.ts';
import { erc20PermitAbi } from '../../../shared/wire/abi.ts';
import { background, PASSWORD, withWallet } from './background.ts';
import { FakeControl, snapshot, storage, WELCOME } from './fake-browser.ts';
import { exitInput, nodeRef, payee, rule } from './tables.ts';

describe('protection', () => {
  test('is off at first, and the proxy settings are left alone', async () => {
    const { core, control, ports } = await background();
    expect(core.view().protection.state).toBe('off');
    expect(control.calls).toEqual(['clear']);
    expect(ports).toEqual([]);
  });

  test('cannot be switched on without a wallet', async () => {
    const { core } = await background();
    await expect(runCommand({ name: 'protect', on: true }, core)).rejects.toMatchObject({ code: 'wallet_missing' });
    expect(core.view().protection.state).toBe('off');
  });

  test('blocks routed sites before the host has said a word, then sends the intent', async () => {
    const { core, control, welcomed } = await withWallet();
    await runCommand({ name: 'default', exit: nodeRef(1, 'DE') }, core);
    await runCommand({ name: 'protect', on: true }, core);
    expect(control.calls.at(-1)).toMatchObject({ wanted: true, exits: [] });
    const [intent] = welcomed().of('intent');
    expect(intent).toMatchObject({ connected: true, payer: core.wallet.address, closeChannels: true });
    expect(intent?.exits).toMatchObject([{ exitId: `node:${payee(1)}`, country: 'DE' }]);
  });

  test('follows the host: each new port reaches the proxy settings, a lost host leaves routed sites dead', async () => {
    const { core, control, welcomed, host } = await withWallet();
    await runCommand({ name: 'default', exit: nodeRef(1, 'DE') }, core);
    await runCommand({ name: 'protect', on: true }, core);
    welcomed().say(snapshot(0, [exitInput(`node:${payee(1)}`)]));
    await vi.waitFor(() => expect(core.view().protection.state).toBe('protected'));
    expect(control.calls.at(-1)).toMatchObject({ wanted: true, exits: [{ proxy: { port: 40_000 } }] });
    host().die();
    await vi.waitFor(() => expect(control.calls.at(-1)).toMatchObject({ wanted: true, exits: [] }));
    expect(core.view().protection.state).not.toBe('protected');
    expect(core.view().exits).toEqual([]);
  });

  test('an exit keeps the country that was asked for when its node is gone', async () => {
    const { core, welcomed } = await withWallet();
    await runCommand({ name: 'default', exit: nodeRef(1, 'DE') }, core);
    await runCommand(
      { name: 'rule.upsert', rule: rule('domain', 'two.example', { kind: 'country', country: 'JP' }) },
      core,
    );
    await runCommand({ name: 'protect', on: true }, core);
    const failed = { phase: 'failed', proxy: null, node: null } as const;
    welcomed().say(snapshot(0, [exitInput(`node:${payee(1)}`, failed), exitInput('country:JP', failed)]));
    await vi.waitFor(() => expect(core.view().exits.map(({ country }) => country)).toEqual(['DE', 'JP']));
  });

  test('outlives the browser: the first thing a new background does is to lay dead routes', async () => {
    const first = await withWallet();
    await runCommand({ name: 'protect', on: true }, first.core);
    const control = new FakeControl();
    const again = await background(first.local, storage(), control);
    expect(control.calls[0]).toMatchObject({ wanted: true, exits: [] });
    expect(again.ports).toHaveLength(1);
    expect(again.core.view().protection.state).toBe('connecting');
  });

  test('blocks everything when the stored rules cannot be read, and keeps them aside', async () => {
    const local = storage({ settings: { version: 1, table: 'garbage' } });
    const { core, control } = await background(local);
    expect(control.calls[0]).toMatchObject({ wanted: true, table: { otherwise: { kind: 'block' } } });
    expect(core.view().settingsBroken).toBe(true);
    await runCommand({ name: 'table.change', part: { otherwise: { kind: 'direct' } } }, core);
    expect(core.view().settingsBroken).toBe(false);
    expect(local.items.get('settings.unreadable')).toMatchObject({ table: 'garbage' });
  });

  test('is not claimed while another extension owns the proxy, also when it takes it later', async () => {
    const { core, control } = await withWallet();
    await runCommand({ name: 'protect', on: true }, core);
    control.who = 'other';
    await core.applier.check(true);
    expect(core.view().protection).toMatchObject({ state: 'off', why: 'conflict' });
    control.who = 'us';
    await runCommand({ name: 'proxy.retry' }, core);
    expect(core.view().applied).toBe('applied');
  });

  test('switched off, the settings are cleared at once and the host is told to close', async () => {
    const { core, control, welcomed, host } = await withWallet();
    await runCommand({ name: 'protect', on: true }, core);
    welcomed();
    await runCommand({ name: 'protect', on: false }, core);
    expect(control.calls.at(-1)).toBe('clear');
    expect(host().of('intent').at(-1)).toMatchObject({ connected: false, exits: [], closeChannels: true });
  });

  test('the host stays until its tunnels are closed, then is let go', async () => {
    const { core, clock, welcomed, host } = await withWallet();
    await runCommand({ name: 'protect', on: true }, core);
    const port = welcomed();
    await runCommand({ name: 'protect', on: false }, core);
    port.say({ ...snapshot(0, [exitInput('any', { phase: 'closing', proxy: null })]), idle: false });
    await vi.waitFor(() => expect(core.view().exits).toHaveLength(1));
    clock.advance(60_000);
    expect(host().disconnected).toBe(false);
    port.say(snapshot(1, []));
    await vi.waitFor(() => expect(core.view().exits).toHaveLength(0));
    await vi.waitFor(() => {
      clock.advance(20_000);
      expect(host().disconnected).toBe(true);
    });
  });
});

describe('the wallet', () => {
  test('gives a signer to an exit that asks, of that payee and no more than needed', async () => {
    const { core, welcomed } = await withWallet();
    await runCommand({ name: 'protect', on: true }, core);
    const port = welcomed();
    const need = { kind: 'signer', payee: payee(1) } as const;
    port.say(snapshot(0, [exitInput('any', { phase: 'shaking', proxy: null, need })]));
    port.say(snapshot(1, [exitInput('any', { phase: 'shaking', proxy: null, need })]));
    await vi.waitFor(() => expect(port.of('signer')).toHaveLength(1));
    const [signer] = port.of('signer');
    expect(signer?.payee).toBe(payee(1));
    expect(privateKeyToAddress(signer?.privateKey as `0x${string}`).toLowerCase()).toBe(
      core.wallet.signerFor(payee(1)).address,
    );
  });

  test('locked, it gives none and asks for the password; unlocked, it gives it at once', async () => {
    const { core, welcomed } = await withWallet();
    await runCommand({ name: 'protect', on: true }, core);
    await runCommand({ name: 'wallet.lock' }, core);
    const port = welcomed();
    port.say(
      snapshot(0, [exitInput('any', { phase: 'shaking', proxy: null, need: { kind: 'signer', payee: payee(1) } })]),
    );
    await vi.waitFor(() => expect(core.view().unlockNeeded).toBe(true));
    expect(port.of('signer')).toEqual([]);
    await expect(runCommand({ name: 'wallet.unlock', password: 'wrong' }, core)).rejects.toMatchObject({
      code: 'password_wrong',
    });
    await runCommand({ name: 'wallet.unlock', password: PASSWORD }, core);
    expect(port.of('signer')).toHaveLength(1);
  });

  test('locks itself when nobody used it, and not while somebody does', async () => {
    const { core, clock } = await withWallet();
    clock.advance(14 * 60_000);
    await runCommand({ name: 'wallet.refresh' }, core);
    clock.advance(14 * 60_000);
    await core.wallet.lockIfDue();
    expect(core.wallet.unlocked).toBe(true);
    clock.advance(60_000);
    await core.wallet.lockIfDue();
    expect(core.wallet.unlocked).toBe(false);
  });

  test('stays open over a sleep of the background, and only in the session storage', async () => {
    const { core, local, session } = await withWallet();
    expect(JSON.stringify([...(local as ReturnType<typeof storage>).items])).not.toContain('phrase');
    const again = await background(local, session);
    expect(again.core.wallet.unlocked).toBe(true);
    await runCommand({ name: 'wallet.lock' }, again.core);
    expect((session as ReturnType<typeof storage>).items.has('unlocked')).toBe(false);
    expect(core.wallet.exists).toBe(true);
  });

  test('is backed up only after the quiz', async () => {
    const { core } = await background();
    const made = (await runCommand({ name: 'wallet.create', password: PASSWORD }, core)) as {
      phrase: string;
      quiz: number[];
    };
    const words = made.phrase.split(' ');
    const answers = made.quiz.map((index) => ({ index, word: words[index] ?? '' }));
    const wrong = answers.map(({ index }) => ({ index, word: 'zoo' }));
    expect(await runCommand({ name: 'wallet.confirmBackup', answers: wrong }, core)).toEqual({ passed: false });
    expect(core.wallet.backedUp).toBe(false);
    expect(await runCommand({ name: 'wallet.confirmBackup', answers }, core)).toEqual({ passed: true });
    expect(core.view().wallet.backedUp).toBe(true);
  });

  test('a second one does not overwrite the first', async () => {
    const { core } = await withWallet();
    const address = core.wallet.address;
    await expect(runCommand({ name: 'wallet.create', password: PASSWORD }, core)).rejects.toThrow();
    expect(core.wallet.address).toBe(address);
  });

  test('no view ever holds a secret', async () => {
    const { core, welcomed } = await withWallet();
    const made = await core.wallet.reveal(PASSWORD);
    await runCommand({ name: 'protect', on: true }, core);
    welcomed().say(snapshot(0, [exitInput('any')]));
    await vi.waitFor(() => expect(core.view().exits).toHaveLength(1));
    const text = JSON.stringify(core.view());
    expect(text).not.toContain('secret');
    expect(text).not.toContain(made.phrase);
    expect(text).not.toContain(core.wallet.purse(0).account().privateKey);
  });
});

describe('approvals', () => {
  const need = {
    kind: 'channel',
    payee: payee(1),
    signer: payee(9),
    minDeposit: 1n,
    suggestedDeposit: 5n,
    graceMinutes: 60,
    pricePerMB: 1n,
    action: 'open',
  } as const;
  const account = {
    coin: '1000000000000000000',
    token: '100',
    nonce: 0,
    maxFeePerGas: '1',
    maxPriorityFeePerGas: '1',
    permitNonce: '0',
    blockTime: 1,
  };

  async function asked(signer: `0x${string}` | null) {
    const all = await withWallet();
    await runCommand({ name: 'protect', on: true }, all.core);
    const port = all.welcomed();
    port.onSent = (message) => {
      if (message.type !== 'request') return;
      const result = message.body.method === 'wallet.broadcast' ? { hash: `0x${'a'.repeat(64)}` } : account;
      queueMicrotask(() => port.say({ type: 'response', id: message.id, result }));
    };
    const own = signer === null ? all.core.wallet.signerFor(payee(1)).address : (signer as typeof need.signer);
    port.say(snapshot(0, [exitInput('any', { phase: 'funding', proxy: null, need: { ...need, signer: own } })]));
    await vi.waitFor(() => expect(all.core.view().approvals[0]?.problem).toBeNull());
    return { ...all, port, id: all.core.view().approvals[0]?.id ?? '' };
  }

  test('signs and sends exactly once what was agreed to', async () => {
    const { core, port, id } = await asked(null);
    const both = [runCommand({ name: 'approve', id, amount: '7' }, core), runCommand({ name: 'approve', id }, core)];
    const results = await Promise.allSettled(both);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(port.of('request').filter(({ body }) => body.method === 'wallet.broadcast')).toHaveLength(1);
    expect(core.view().approvals).toEqual([]);
    expect(core.view().wallet.history).toMatchObject([{ kind: 'open', amount: '7', status: 'pending' }]);
  });

  test('the price on the sheet is what the host may pay from then on, and it hears so before the money moves', async () => {
    const { core, port, id } = await asked(null);
    await runCommand({ name: 'approve', id }, core);
    const order = port.sent.filter(
      (message) =>
        message.type === 'signer' || (message.type === 'request' && message.body.method === 'wallet.broadcast'),
    );
    expect(order.map(({ type }) => type)).toEqual(['signer', 'request']);
    expect(order[0]).toMatchObject({ payee: payee(1), maxPricePerMB: '1' });
    port.say(
      snapshot(1, [exitInput('any', { phase: 'funding', proxy: null, need: { kind: 'signer', payee: payee(1) } })]),
    );
    await vi.waitFor(() => expect(port.of('signer')).toHaveLength(2));
    expect(port.of('signer')[1]?.maxPricePerMB).toBe('1');
  });

  test('a node that nobody agreed to may be paid nothing without a sheet', async () => {
    const { port } = await asked(null);
    port.say(
      snapshot(1, [exitInput('any', { phase: 'funding', proxy: null, need: { kind: 'signer', payee: payee(2) } })]),
    );
    await vi.waitFor(() => expect(port.of('signer')).toHaveLength(1));
    expect(port.of('signer')[0]).toMatchObject({ payee: payee(2), maxPricePerMB: '0' });
  });

  test('refuses a channel of a signer that is not ours, whatever the host says', async () => {
    const { core, port, id } = await asked(payee(9));
    await expect(runCommand({ name: 'approve', id }, core)).rejects.toMatchObject({ code: 'signature_invalid' });
    expect(port.of('request').filter(({ body }) => body.method === 'wallet.broadcast')).toEqual([]);
  });

  test.each([
    ['below the node’s least', '0', 'channel_unfunded'],
    ['above what there is', '101', 'funds_insufficient'],
  ])('refuses an amount %s', async (_, amount, code) => {
    const { core, id } = await asked(null);
    await expect(runCommand({ name: 'approve', id, amount }, core)).rejects.toMatchObject({ code });
  });

  test('of a token without permits: leave for exactly so much goes first, then the deposit, under nonces in order', async () => {
    const { core, port, id } = await asked(null);
    const raws: `0x${string}`[] = [];
    port.onSent = (message) => {
      if (message.type !== 'request') return;
      const { body } = message;
      if (body.method === 'wallet.broadcast') raws.push(body.params.raw as `0x${string}`);
      const result =
        body.method === 'wallet.broadcast'
          ? { hash: keccak256(raws.at(-1) ?? '0x') }
          : { ...account, permit: false, allowance: '4' };
      queueMicrotask(() => port.say({ type: 'response', id: message.id, result }));
    };
    await runCommand({ name: 'approve', id }, core);
    const sent = raws.map((raw) => parseTransaction(raw));
    expect(sent.map(({ to, nonce = 0 }) => [to, nonce])).toEqual([
      [WELCOME.network.token, 0],
      [WELCOME.network.channels, 1],
    ]);
    const { functionName, args } = decodeFunctionData({ abi: erc20PermitAbi, data: sent[0]?.data ?? '0x' });
    expect([functionName, args]).toEqual(['approve', [WELCOME.network.channels, 5n]]);
    expect(core.view().wallet.history.map(({ kind, status }) => [kind, status])).toEqual([
      ['open', 'pending'],
      ['approve', 'pending'],
    ]);
  });

  test('signs nothing while the wallet is locked', async () => {
    const { core, id } = await asked(null);
    await runCommand({ name: 'wallet.lock' }, core);
    await expect(runCommand({ name: 'approve', id }, core)).rejects.toMatchObject({ code: 'wallet_locked' });
  });

  test('a no stays a no until Connect is pressed again', async () => {
    const { core, id } = await asked(null);
    await runCommand({ name: 'reject', id }, core);
    expect(core.view().approvals).toEqual([]);
    await runCommand({ name: 'protect', on: true }, core);
    expect(core.view().approvals).toHaveLength(1);
  });
});

test('an unknown command is refused', async () => {
  const { core } = await background();
  const name = 'constructor' as 'wallet.lock';
  await expect(runCommand({ name }, core)).rejects.toThrow('unknown command');
});
