/** The extension's wallet against a real chain: what it signs is what HermeChannels and the token take. */
import { createWalletClient, http, parseAbi } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { runCommand } from '../../extension/background/commands.ts';
import { Core } from '../../extension/background/core.ts';
import { plain } from '../../extension/background/store.ts';
import type { Address } from '../../shared/base/units.ts';
import { createLedgerReader } from '../../shared/node/ledger/reader.ts';
import type { DownInput, UpInput } from '../../shared/wire/native.ts';
import type { NetworkProfile } from '../../shared/wire/network.ts';
import { type Anvil, accountOf, DEV_KEYS, deployedProfile, startAnvil } from '../anvil.ts';
import { FakeControl, FakePort, snapshot, storage, WELCOME } from '../unit/extension/fake-browser.ts';
import { exit } from '../unit/extension/tables.ts';

const MYST = 10n ** 18n;
const [DEPLOYER, ONE, TWO] = DEV_KEYS;
const PAYEES = [accountOf(ONE), accountOf(TWO)] as const;

let anvil: Anvil;
let profile: NetworkProfile;
let reader: ReturnType<typeof createLedgerReader>;
let core: Core;
let port: FakePort;

beforeAll(async () => {
  anvil = await startAnvil();
  profile = await deployedProfile(anvil.rpcUrl);
  reader = createLedgerReader(profile, { pollMs: 50 });
  core = new Core({
    platform: 'chromium',
    version: '0.1.0',
    local: storage(),
    session: storage(),
    control: new FakeControl(),
    onChange: () => {},
    connectNative: () => {
      port = new FakePort();
      port.onSent = (message) => void answer(message, port);
      return port;
    },
    timers: {
      now: () => Date.now(),
      after: (ms, run) => {
        // Only the watch over transactions is hurried.
        const timer = setTimeout(run, ms === 1_000 ? 50 : ms);
        return () => clearTimeout(timer);
      },
    },
  });
  await runCommand({ name: 'wallet.create', password: 'correct horse' }, core);
  core.windowOpened();
  const { address } = core.wallet;
  await anvil.rpc('anvil_setBalance', address, `0x${MYST.toString(16)}`);
  await mint(address as Address, 100n * MYST);
});
afterAll(async () => {
  core?.link.want(false);
  reader?.close();
  await anvil?.stop();
});

/** What warren-host does with these questions: carries them to the chain. */
async function answer(message: DownInput, to: FakePort): Promise<void> {
  if (message.type === 'hello') {
    const { name, chainId, channels, token, tokenName, tokenSymbol, tokenDecimals, coinSymbol, explorer } = profile;
    const network = { name, chainId, channels, token, tokenName, tokenSymbol, tokenDecimals, coinSymbol, explorer };
    queueMicrotask(() => to.say({ ...WELCOME, network }));
  }
  if (message.type !== 'request') return;
  const { body, id } = message;
  const params = body.params as never;
  const ask = async (): Promise<unknown> => {
    if (body.method === 'wallet.account') return reader.account((params as { address: Address }).address);
    if (body.method === 'wallet.channel') return reader.channel(params);
    if (body.method === 'wallet.broadcast')
      return { hash: await reader.broadcast((params as { raw: `0x${string}` }).raw) };
    return reader.receipt((params as { hash: `0x${string}` }).hash);
  };
  await ask().then(
    (result) => to.say({ type: 'response', id, result: plain(result) }),
    (error) => to.say({ type: 'response', id, error: error.data() }),
  );
}

async function mint(to: Address, amount: bigint): Promise<void> {
  const client = createWalletClient({ account: privateKeyToAccount(DEPLOYER), transport: http(anvil.rpcUrl) });
  const abi = parseAbi(['function mint(address to, uint256 amount)']);
  await client.writeContract({ address: profile.token, abi, functionName: 'mint', args: [to, amount], chain: null });
}

let sequence = 0;
function need(payees: readonly Address[], action: 'open' | 'topUp' = 'open'): void {
  const exits = payees.map((payee) =>
    exit(`node:${payee}`, {
      phase: 'funding',
      proxy: null,
      since: Date.now(),
      need: {
        kind: 'channel',
        payee,
        signer: core.wallet.signerFor(payee).address,
        minDeposit: MYST,
        suggestedDeposit: 5n * MYST,
        graceMinutes: 60,
        pricePerMB: 1000n,
        action,
      },
    }),
  );
  port.say(snapshot(sequence++, plain(exits) as Extract<UpInput, { type: 'snapshot' }>['exits']));
}

const parties = (payee: Address) => ({
  payer: core.wallet.address as Address,
  signer: core.wallet.signerFor(payee).address,
  payee,
});
const approvals = () => core.view().approvals;
const settled = () =>
  vi.waitFor(() => expect(core.view().wallet.history.every(({ status }) => status === 'confirmed')).toBe(true), 10_000);

describe('one permit, one transaction', () => {
  test('two channels approved in a row, before a block comes, both open with exactly what was agreed to', async () => {
    need(PAYEES);
    await vi.waitFor(() => expect(approvals().map(({ problem }) => problem)).toEqual([null, null]), 5_000);
    await anvil.rpc('evm_setAutomine', false);
    const [first, second] = approvals();
    await runCommand({ name: 'approve', id: first?.id ?? '', amount: String(3n * MYST) }, core);
    await runCommand({ name: 'approve', id: second?.id ?? '' }, core);
    expect(core.view().wallet.history.map(({ status }) => status)).toEqual(['pending', 'pending']);
    expect(approvals()).toEqual([]);
    await anvil.rpc('evm_mine');
    await anvil.rpc('evm_setAutomine', true);
    await settled();
    expect(await reader.channel(parties(PAYEES[0]))).toMatchObject({
      deposit: 3n * MYST,
      graceMinutes: 60,
      closeAt: 0,
    });
    expect(await reader.channel(parties(PAYEES[1]))).toMatchObject({ deposit: 5n * MYST });
    await vi.waitFor(() => expect(core.view().wallet.token).toBe(String(92n * MYST)), 5_000);
  });

  test('the fee named on the sheet was enough, and not twice what it took', async () => {
    const { coin } = await reader.account(core.wallet.address as Address);
    const hashes = core.view().wallet.history.map(({ hash }) => hash as `0x${string}`);
    const receipts = await Promise.all(hashes.map((hash) => reader.receipt(hash)));
    for (const { gasUsed } of receipts) {
      expect(gasUsed).toBeLessThan(180_000n);
      expect(gasUsed).toBeGreaterThan(80_000n);
    }
    expect(coin).toBeLessThan(MYST);
  });

  test('a top-up that an exit needs adds to the channel', async () => {
    need([PAYEES[0]], 'topUp');
    await vi.waitFor(() => expect(approvals()[0]).toMatchObject({ kind: 'topUp', problem: null }), 5_000);
    await runCommand({ name: 'approve', id: approvals()[0]?.id ?? '', amount: String(2n * MYST) }, core);
    await settled();
    expect((await reader.channel(parties(PAYEES[0]))).deposit).toBe(5n * MYST);
  });

  test('close and take back: after the grace everything that was not paid returns', async () => {
    port.say(snapshot(sequence++, []));
    const payee = PAYEES[1];
    await runCommand({ name: 'channel.request', payee, action: 'requestClose' }, core);
    await runCommand({ name: 'approve', id: approvals()[0]?.id ?? '' }, core);
    await settled();
    expect((await reader.channel(parties(payee))).closeAt).toBeGreaterThan(0);
    await anvil.rpc('evm_increaseTime', 3_601);
    await anvil.rpc('evm_mine');
    await runCommand({ name: 'channel.request', payee, action: 'withdraw' }, core);
    await runCommand({ name: 'approve', id: approvals()[0]?.id ?? '' }, core);
    await settled();
    await vi.waitFor(() => expect(core.view().wallet.token).toBe(String(95n * MYST)), 5_000);
    expect(core.view().wallet.history.map(({ kind }) => kind)).toEqual([
      'withdraw',
      'requestClose',
      'topUp',
      'open',
      'open',
    ]);
  });

  test('an approval that the chain would refuse is told as it is, and leaves nothing pending', async () => {
    need([PAYEES[0]]);
    await vi.waitFor(() => expect(approvals()).toHaveLength(1), 5_000);
    const id = approvals()[0]?.id ?? '';
    await expect(runCommand({ name: 'approve', id, amount: String(1000n * MYST) }, core)).rejects.toMatchObject({
      code: 'funds_insufficient',
    });
    expect(core.view().wallet.history.every(({ status }) => status !== 'pending')).toBe(true);
  });
});
