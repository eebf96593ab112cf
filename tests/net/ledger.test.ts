/** The ledger adapters against a real chain; ethr-did-resolver is the oracle for identities. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Resolver } from 'did-resolver';
import { getResolver } from 'ethr-did-resolver';
import { createWalletClient, encodeFunctionData, type Hex, http, publicActions, stringToHex } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toHex } from '../../shared/base/bytes.ts';
import type { WarrenError } from '../../shared/base/errors.ts';
import { type Address, address, didOf } from '../../shared/base/units.ts';
import { bytes32, SERVICE, VERI_KEY } from '../../shared/node/did/document.ts';
import { createLedgerReader } from '../../shared/node/ledger/reader.ts';
import { createLedgerWriter } from '../../shared/node/ledger/writer.ts';
import { ethereumDidRegistryAbi, hermeChannelsAbi } from '../../shared/wire/abi.ts';
import type { NetworkProfile } from '../../shared/wire/network.ts';
import { channelId, closeDigest, domainSeparator } from '../../shared/wire/proof.ts';
import { type Anvil, accountOf, DEV_KEYS, deployedProfile, startAnvil } from '../anvil.ts';
import { createPayer, type Payer } from '../payer.ts';

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

/** A fresh account with coin, and a way to call the registry as it. */
async function identity() {
  const key = generatePrivateKey();
  const account = privateKeyToAccount(key);
  await anvil.rpc('anvil_setBalance', account.address, '0x8ac7230489e80000');
  const client = createWalletClient({ account, transport: http(profile.rpcUrl) }).extend(publicActions);
  const did = didOf(profile.chainId, address(account.address));
  const call = async (data: Hex) => {
    const hash = await client.sendTransaction({ to: profile.didRegistry, data, chain: null });
    for (let tries = 0; tries < 500; tries++) {
      if (await client.getTransactionReceipt({ hash }).catch(() => null)) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    throw new Error('not mined');
  };
  return {
    key,
    did,
    account: address(account.address),
    addDelegate: (delegate: Address, seconds: number) =>
      call(
        encodeFunctionData({
          abi: ethereumDidRegistryAbi,
          functionName: 'addDelegate',
          args: [account.address, VERI_KEY, delegate, BigInt(seconds)],
        }),
      ),
    revokeDelegate: (delegate: Address) =>
      call(
        encodeFunctionData({
          abi: ethereumDidRegistryAbi,
          functionName: 'revokeDelegate',
          args: [account.address, VERI_KEY, delegate],
        }),
      ),
    setAttribute: (name: Hex, value: string, seconds: number) =>
      call(
        encodeFunctionData({
          abi: ethereumDidRegistryAbi,
          functionName: 'setAttribute',
          args: [account.address, name, stringToHex(value), BigInt(seconds)],
        }),
      ),
    changeOwner: (owner: Address) =>
      call(
        encodeFunctionData({
          abi: ethereumDidRegistryAbi,
          functionName: 'changeOwner',
          args: [account.address, owner],
        }),
      ),
  };
}

/** A JSON-RPC proxy that counts HTTP requests and may refuse wide ranges of eth_getLogs, as public nodes do. */
async function rpcProxy(options: { refuseWideLogs?: boolean; dropFirstLog?: boolean }) {
  let requests = 0;
  const server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', async () => {
      requests++;
      const calls = [JSON.parse(body)].flat() as {
        id: number;
        method: string;
        params?: { fromBlock: Hex; toBlock: Hex }[];
      }[];
      const upstream = await fetch(profile.rpcUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
      const answers = [await upstream.json()].flat() as { id: number; result?: unknown }[];
      for (const [i, call] of calls.entries()) {
        const range = call.params?.[0];
        const wide = call.method === 'eth_getLogs' && range?.fromBlock !== range?.toBlock;
        if (wide && options.refuseWideLogs) {
          answers[i] = { id: call.id, error: { code: -32005, message: 'range too large' } } as { id: number };
        }
        const answer = answers[i];
        if (wide && options.dropFirstLog && answer) answer.result = (answer.result as unknown[]).slice(1);
      }
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(Array.isArray(JSON.parse(body)) ? answers : answers[0]));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    profile: { ...profile, rpcUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
    requests: () => requests,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'no error',
    (thrown: WarrenError) => thrown.code,
  );
}

describe('identities', () => {
  test('an address that never wrote anything has itself as controller and nothing else', async () => {
    const { did, account } = await identity();
    expect(await reader.resolve(did)).toMatchObject({ did, controller: account, delegates: [], services: [] });
  });

  test('delegates and services agree with ethr-did-resolver over a history with changes and revocations', async () => {
    const oracle = new Resolver(
      getResolver({
        networks: [{ name: 'test', chainId: profile.chainId, rpcUrl: profile.rpcUrl, registry: profile.didRegistry }],
      }),
    );
    const id = await identity();
    const [a, b, c] = [(await identity()).account, (await identity()).account, (await identity()).account];
    await id.addDelegate(a, 86_400);
    await id.setAttribute(SERVICE, 'wss://one.example/', 86_400);
    await id.setAttribute(bytes32('did/pub/Ed25519/veriKey/hex'), 'something else', 86_400);
    await id.addDelegate(b, 86_400);
    await id.addDelegate(c, 3_600);
    await id.setAttribute(SERVICE, 'wss://two.example/', 86_400);
    await anvil.rpc('evm_increaseTime', 10);
    await id.revokeDelegate(a);
    await anvil.rpc('evm_increaseTime', 10);
    await anvil.rpc('anvil_mine', '0x1');

    const ours = await reader.resolve(id.did);
    const { didDocument } = await oracle.resolve(`did:ethr:test:${id.account}?versionId=${ours.block.number}`);
    const theirKeys = (didDocument?.verificationMethod ?? [])
      .map((method) => method.blockchainAccountId?.split(':').at(-1)?.toLowerCase())
      .filter((account) => account !== undefined && account !== id.account);
    const theirServices = (didDocument?.service ?? []).map((service) => service.serviceEndpoint);
    expect(ours.delegates.map((delegate) => delegate.address).sort()).toEqual(theirKeys.sort());
    expect(theirKeys.sort()).toEqual([b, c].sort());
    expect(ours.services).toEqual(theirServices);
    expect(ours.delegates.find((delegate) => delegate.address === c)?.validTo).toBeLessThan(ours.block.time + 3_600);
  });

  test('an expired delegate is gone and a delegate of another type never counts', async () => {
    const id = await identity();
    const [brief, other] = [(await identity()).account, (await identity()).account];
    await id.addDelegate(brief, 5);
    const client = createWalletClient({ account: privateKeyToAccount(id.key), transport: http(profile.rpcUrl) });
    await client.writeContract({
      address: profile.didRegistry,
      abi: ethereumDidRegistryAbi,
      functionName: 'addDelegate',
      args: [id.account, bytes32('sigAuth'), other, 86_400n],
      chain: null,
    });
    await anvil.rpc('evm_increaseTime', 6);
    await anvil.rpc('anvil_mine', '0x1');
    expect((await reader.resolve(id.did)).delegates).toEqual([]);
  });

  test('a change of owner shows in the controller, and a deactivated identity is refused', async () => {
    const id = await identity();
    const owner = (await identity()).account;
    await id.changeOwner(owner);
    expect((await reader.resolve(id.did)).controller).toBe(owner);

    const dead = await identity();
    await dead.changeOwner(address(`0x${'0'.repeat(40)}`));
    expect(await codeOf(reader.resolve(dead.did))).toBe('did_deactivated');
  });

  test('an identity of another chain is not looked up here', async () => {
    const { account } = await identity();
    expect(await codeOf(reader.resolve(didOf(1, account)))).toBe('did_unresolvable');
  });

  test('resolving takes one HTTP request, whatever the length of the history', async () => {
    const id = await identity();
    for (let i = 0; i < 5; i++) await id.setAttribute(SERVICE, `wss://${i}.example/`, 86_400);
    const proxy = await rpcProxy({});
    try {
      const document = await createLedgerReader(proxy.profile).resolve(id.did);
      expect(document.services).toHaveLength(5);
      expect(proxy.requests()).toBe(1);
    } finally {
      await proxy.close();
    }
  });

  test.each([
    ['refuses wide ranges of logs', { refuseWideLogs: true }],
    ['leaves out the first log', { dropFirstLog: true }],
  ])('a node that %s is walked back block by block to the same document', async (_, fault) => {
    const id = await identity();
    const delegate = (await identity()).account;
    await id.setAttribute(SERVICE, 'wss://one.example/', 86_400);
    await id.addDelegate(delegate, 86_400);
    await id.setAttribute(SERVICE, 'wss://two.example/', 86_400);
    const proxy = await rpcProxy(fault);
    try {
      const expected = await reader.resolve(id.did);
      expect(await createLedgerReader(proxy.profile).resolve(id.did)).toEqual(expected);
      expect(proxy.requests()).toBeGreaterThan(1);
    } finally {
      await proxy.close();
    }
  });
});

describe('registration', () => {
  test('writes what is missing, nothing twice, and takes back services that are no longer wanted', async () => {
    const id = await identity();
    const delegate = (await identity()).account;
    const writer = createLedgerWriter(profile, id.key);
    const nonce = async () => (await reader.account(id.account)).nonce;
    await writer.register({ delegate, delegateSeconds: 86_400, services: ['ws://a.example/', 'ws://b.example/'] });
    expect(await nonce()).toBe(3);
    await writer.register({ delegate, delegateSeconds: 86_400, services: ['ws://a.example/', 'ws://b.example/'] });
    expect(await nonce()).toBe(3);
    await anvil.rpc('evm_increaseTime', 2);
    await writer.register({ delegate, delegateSeconds: 86_400, services: ['ws://b.example/'] });
    expect(await nonce()).toBe(4);
    await anvil.rpc('evm_increaseTime', 2);
    await anvil.rpc('anvil_mine', '0x1');
    const document = await reader.resolve(id.did);
    expect(document.services).toEqual(['ws://b.example/']);
    expect(document.delegates.map((known) => known.address)).toEqual([delegate]);
  });

  test('an account without coin is told so', async () => {
    const poor = generatePrivateKey();
    const writer = createLedgerWriter(profile, poor);
    expect(await codeOf(writer.register({ delegate: PROVIDER, delegateSeconds: 60, services: [] }))).toBe(
      'funds_insufficient',
    );
  });
});

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
    const payers = await Promise.all(Array.from({ length: 1 }, newPayer));
    const payer = payers[0] as Payer;
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
});

describe('carrying other people’s transactions', () => {
  test('a signed transaction is broadcast, known again, and its receipt counts confirmations', async () => {
    const id = await identity();
    const { nonce, maxFeePerGas, maxPriorityFeePerGas } = await reader.account(id.account);
    const account = privateKeyToAccount(id.key);
    const transaction = { type: 'eip1559', to: PROVIDER, value: 1n, gas: 21_000n, chainId: profile.chainId } as const;
    const raw = await account.signTransaction({ ...transaction, nonce, maxFeePerGas, maxPriorityFeePerGas });
    const hash = await reader.broadcast(raw);
    await expect.poll(async () => (await reader.receipt(hash)).status).toBe('confirmed');
    await anvil.rpc('anvil_mine', '0x2');
    expect(await reader.receipt(hash)).toEqual({ status: 'confirmed', confirmations: 3, gasUsed: 21_000n });
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
