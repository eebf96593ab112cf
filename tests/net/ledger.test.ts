/** The ledger adapters against a real chain. */
import { createWalletClient, type Hex, http, publicActions } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toHex } from '../../shared/base/bytes.ts';
import type { WarrenError } from '../../shared/base/errors.ts';
import { address } from '../../shared/base/units.ts';
import { createLedgerReader } from '../../shared/node/ledger/reader.ts';
import { createLedgerWriter } from '../../shared/node/ledger/writer.ts';
import { hermeChannelsAbi } from '../../shared/wire/abi.ts';
import type { NetworkProfile } from '../../shared/wire/network.ts';
import { channelId, closeDigest, domainSeparator } from '../../shared/wire/proof.ts';
import { type Anvil, accountOf, DEV_KEYS, deployedProfile, startAnvil } from '../anvil.ts';
import { createIdentity } from '../identity.ts';
import { createPayer, type Payer } from '../payer.ts';
import { startRpcProxy } from '../rpc-proxy.ts';

const MYST = 10n ** 18n;
const [, PROVIDER_KEY, PAYER_KEY] = DEV_KEYS;
const PROVIDER = accountOf(PROVIDER_KEY);

let anvil: Anvil;
let profile: NetworkProfile;
let reader: ReturnType<typeof createLedgerReader>;

beforeAll(async () => {
  anvil = await startAnvil();
  profile = await deployedProfile(anvil.rpcUrl);
  reader = createLedgerReader(profile, { pollMs: 20 });
});
afterAll(async () => {
  reader?.close();
  await anvil?.stop();
});

function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'no error',
    (thrown: WarrenError) => thrown.code,
  );
}

describe('channels', () => {
  const newPayer = (): Promise<Payer> => createPayer(profile, PAYER_KEY, generatePrivateKey(), 1_000n * MYST);

  test('the library computes ids, domain and digests as the contract does', async () => {
    const payer = await newPayer();
    const client = createWalletClient({ transport: http(profile.rpcUrl) }).extend(publicActions);
    const contract = { address: profile.channels, abi: hermeChannelsAbi } as const;
    const parties = { payer: payer.address, signer: payer.signer, payee: PROVIDER };
    expect(await client.readContract({ ...contract, functionName: 'domainSeparator' })).toBe(
      toHex(domainSeparator(profile)),
    );
    expect(
      await client.readContract({
        ...contract,
        functionName: 'idOf',
        args: [parties.payer, parties.signer, parties.payee],
      }),
    ).toBe(channelId(parties));
    await payer.open(PROVIDER, 10n * MYST);
    const provider = privateKeyToAccount(PROVIDER_KEY);
    const deadline = 2 ** 40;
    const digest = closeDigest(profile, { channelId: channelId(parties), epoch: 0, claimed: 0n, deadline });
    const signature = await provider.sign({ hash: toHex(digest) });
    const [r, s, yParity] = [
      signature.slice(0, 66) as Hex,
      BigInt(`0x${signature.slice(66, 130)}`),
      signature.endsWith('1c'),
    ];
    const vs = `0x${((yParity ? 1n << 255n : 0n) | s).toString(16).padStart(64, '0')}` as Hex;
    const result = await client.simulateContract({
      ...contract,
      functionName: 'closeWithSig',
      args: [parties.payer, parties.signer, parties.payee, 0n, BigInt(deadline), r, vs],
      account: payer.address,
    });
    expect(result.request.functionName).toBe('closeWithSig');
  });

  test('open, claim, top up and close move exactly what the proofs say', async () => {
    const payer = await newPayer();
    const parties = { payer: payer.address, signer: payer.signer, payee: PROVIDER };
    const writer = createLedgerWriter(profile, PROVIDER_KEY);
    expect(await reader.channel(parties)).toMatchObject({ exists: false, deposit: 0n });
    await payer.open(PROVIDER, 10n * MYST);
    expect(await reader.channel(parties)).toEqual({
      exists: true,
      deposit: 10n * MYST,
      claimed: 0n,
      settledClaimed: 0n,
      closeAt: 0,
      graceMinutes: 1440,
      epoch: 0,
    });

    const before = (await reader.account(PROVIDER)).token;
    const claimed = await writer.claim(PROVIDER, [payer.proof(PROVIDER, 3n * MYST)]);
    expect(claimed.total).toBe(3n * MYST);
    expect((await reader.account(PROVIDER)).token - before).toBe(3n * MYST);
    expect(await codeOf(writer.claim(PROVIDER, [payer.proof(PROVIDER, 3n * MYST)]))).toBe('proof_too_low');

    await payer.topUp(PROVIDER, 5n * MYST);
    const held = (await reader.account(payer.address)).token;
    const closed = await writer.close(payer.address, payer.signer, payer.proof(PROVIDER, 4n * MYST));
    expect(closed).toMatchObject({ claimed: 4n * MYST, refunded: 11n * MYST });
    expect((await reader.account(payer.address)).token - held).toBe(11n * MYST);
    expect(await reader.channel(parties)).toMatchObject({ deposit: 4n * MYST, claimed: 4n * MYST, epoch: 1 });
    expect(await reader.receipt(closed.transaction)).toMatchObject({ status: 'confirmed' });
  });

  test('a close without a new proof says what was claimed before', async () => {
    const payer = await newPayer();
    const writer = createLedgerWriter(profile, PROVIDER_KEY);
    await payer.open(PROVIDER, 10n * MYST);
    await writer.claim(PROVIDER, [payer.proof(PROVIDER, 2n * MYST)]);
    expect(await writer.close(payer.address, payer.signer, null)).toMatchObject({
      claimed: 2n * MYST,
      refunded: 8n * MYST,
    });
  });

  test('a close whose last proof the chain would not pay is never sent', async () => {
    const payer = await newPayer();
    const stranger = await newPayer();
    const writer = createLedgerWriter(profile, PROVIDER_KEY);
    await payer.open(PROVIDER, 10n * MYST);
    const { nonce } = await reader.account(PROVIDER);
    expect(await codeOf(writer.close(payer.address, payer.signer, stranger.proof(PROVIDER, MYST)))).toBe(
      'proof_invalid',
    );
    expect((await reader.account(PROVIDER)).nonce).toBe(nonce);
  });

  test('a revert is reported with the contract’s own error', async () => {
    const writer = createLedgerWriter(profile, PROVIDER_KEY);
    const missing = writer.close(PROVIDER, PROVIDER, null);
    await expect(missing).rejects.toMatchObject({
      code: 'transaction_failed',
      message: expect.stringContaining('UnknownChannel('),
    });
  });

  test('twelve transactions at once from one writer are all mined', async () => {
    const payer = await newPayer();
    await payer.open(PROVIDER, 100n * MYST);
    const writer = createLedgerWriter(profile, PROVIDER_KEY);
    const before = (await reader.account(PROVIDER)).token;
    await Promise.all(
      Array.from({ length: 12 }, async (_, i) =>
        writer.claim(PROVIDER, [payer.proof(PROVIDER, BigInt(i + 1) * MYST)]).catch((thrown: WarrenError) => {
          // A higher proof may have been mined before this one was looked at.
          expect(thrown.code).toBe('proof_too_low');
        }),
      ),
    );
    expect((await reader.account(PROVIDER)).token - before).toBe(12n * MYST);
  });

  test('a payer’s notice reaches the watcher, once, also when it was given before the watch began', async () => {
    const payer = await newPayer();
    const later = await newPayer();
    await payer.open(PROVIDER, MYST);
    await later.open(PROVIDER, MYST);
    await payer.requestClose(PROVIDER);
    const id = channelId({ payer: payer.address, signer: payer.signer, payee: PROVIDER });
    const laterId = channelId({ payer: later.address, signer: later.signer, payee: PROVIDER });
    const seen: string[] = [];
    let wake = () => {};
    const heard = (wanted: string) =>
      new Promise<void>((resolve) => {
        wake = () => seen.includes(wanted) && resolve();
        wake();
      });
    const stop = reader.onCloseRequested(PROVIDER, (which, closeAt) => {
      expect(closeAt).toBeGreaterThan(0);
      seen.push(which);
      wake();
    });
    await heard(id);
    await later.requestClose(PROVIDER);
    await heard(laterId);
    stop();
    expect(seen).toEqual([id, laterId]);
  });

  test('a deposit counts only at the depth the profile asks for, a notice at once', async () => {
    const payer = await newPayer();
    const parties = { payer: payer.address, signer: payer.signer, payee: PROVIDER };
    const careful = createLedgerReader({ ...profile, confirmations: 3 });
    await payer.open(PROVIDER, MYST);
    expect((await careful.channel(parties)).exists).toBe(false);
    await anvil.rpc('anvil_mine', '0x3');
    expect(await careful.channel(parties)).toMatchObject({ exists: true, deposit: MYST, closeAt: 0 });
    await payer.requestClose(PROVIDER);
    expect((await careful.channel(parties)).closeAt).toBeGreaterThan(0);
  });

  test('at a depth it costs one trip while nothing is under way, and never says less than the chain', async () => {
    const payer = await newPayer();
    const parties = { payer: payer.address, signer: payer.signer, payee: PROVIDER };
    const proxy = await startRpcProxy(profile);
    const careful = createLedgerReader({ ...proxy.profile, confirmations: 3 });
    const trips = async () => {
      const before = proxy.requests();
      const channel = await careful.channel(parties);
      return { trips: proxy.requests() - before, channel };
    };
    expect(await trips()).toMatchObject({ trips: 2, channel: { exists: false } });
    expect(await trips()).toMatchObject({ trips: 1, channel: { exists: false } });
    await payer.open(PROVIDER, MYST);
    expect(await trips()).toMatchObject({ trips: 2, channel: { exists: false } });
    await anvil.rpc('anvil_mine', '0x3');
    // Settled since the block that it knows: it looks again, and does not turn the client away.
    expect(await trips()).toMatchObject({ trips: 2, channel: { exists: true, deposit: MYST } });
    expect(await trips()).toMatchObject({ trips: 1, channel: { exists: true, deposit: MYST } });
    await payer.requestClose(PROVIDER);
    expect((await trips()).channel.closeAt).toBeGreaterThan(0);
    careful.close();
    await proxy.close();
  });
});

describe('an account', () => {
  test('is told even when its token has no EIP-2612, and says so', async () => {
    // A contract by hand: it answers 7 to balanceOf and reverts on everything else.
    const balanceOnly = '0x60003560e01c6370a08231146012575f80fd5b60075f5260205ff3';
    const size = (balanceOnly.length - 2) / 2;
    const init = `0x60${size.toString(16)}600c60003960${size.toString(16)}6000f3${balanceOnly.slice(2)}` as Hex;
    const wallet = createWalletClient({
      account: privateKeyToAccount(PROVIDER_KEY),
      transport: http(profile.rpcUrl),
    }).extend(publicActions);
    const hash = await wallet.sendTransaction({ data: init, chain: null });
    await expect.poll(() => reader.receipt(hash)).toMatchObject({ status: 'confirmed' });
    const { contractAddress } = await wallet.getTransactionReceipt({ hash });
    const poor = createLedgerReader({ ...profile, token: address(contractAddress ?? '') });
    expect(await poor.account(PROVIDER)).toMatchObject({ token: 7n, permitNonce: 0n, permit: false });
    expect(await reader.account(PROVIDER)).not.toHaveProperty('permit');
    const down = createLedgerReader({ ...profile, rpcUrl: 'http://127.0.0.1:9' });
    expect(await codeOf(down.account(PROVIDER))).toBe('ledger_unreachable');
  });
});

describe('carrying other people’s transactions', () => {
  test('a signed transaction is broadcast, known again, and its receipt counts confirmations', async () => {
    const id = await createIdentity(anvil, profile);
    const { nonce, maxFeePerGas, maxPriorityFeePerGas } = await reader.account(id.account);
    const account = privateKeyToAccount(id.key);
    const transaction = { type: 'eip1559', to: PROVIDER, value: 1n, gas: 21_000n, chainId: profile.chainId } as const;
    const raw = await account.signTransaction({ ...transaction, nonce, maxFeePerGas, maxPriorityFeePerGas });
    const hash = await reader.broadcast(raw);
    await expect.poll(async () => (await reader.receipt(hash)).status).toBe('confirmed');
    await anvil.rpc('anvil_mine', '0x2');
    const receipt = await reader.receipt(hash);
    expect(receipt).toMatchObject({ status: 'confirmed', confirmations: 3, gasUsed: 21_000n });
    expect(receipt.fee).toBeGreaterThan(0n);
    expect(receipt.fee).toBeLessThanOrEqual(21_000n * maxFeePerGas);
    expect((await reader.receipt(`0x${'ab'.repeat(32)}`)).status).toBe('pending');
    expect(await codeOf(reader.broadcast(raw))).toBe('transaction_failed');
    expect(await codeOf(reader.broadcast('0x1234'))).toBe('transaction_failed');
  });

  test('an RPC that is down, and one of another chain, are ledger_unreachable with an action', async () => {
    const down = createLedgerReader({ ...profile, rpcUrl: 'http://127.0.0.1:9' });
    await expect(down.account(PROVIDER)).rejects.toMatchObject({
      code: 'ledger_unreachable',
      action: expect.stringContaining('RPC'),
    });
    expect(await codeOf(down.broadcast('0x1234'))).toBe('ledger_unreachable');
    const other = createLedgerReader({ ...profile, chainId: 5 });
    expect(await codeOf(other.account(PROVIDER))).toBe('ledger_unreachable');
  });
});
