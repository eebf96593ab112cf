/** Identities on a real chain, resolved and registered; ethr-did-resolver is the oracle. */
import { Resolver } from 'did-resolver';
import { getResolver } from 'ethr-did-resolver';
import { createWalletClient, http } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { WarrenError } from '../../shared/base/errors.ts';
import { address, didOf } from '../../shared/base/units.ts';
import { bytes32, SERVICE } from '../../shared/node/did/document.ts';
import { createLedgerReader } from '../../shared/node/ledger/reader.ts';
import { createLedgerWriter } from '../../shared/node/ledger/writer.ts';
import { ethereumDidRegistryAbi } from '../../shared/wire/abi.ts';
import type { NetworkProfile } from '../../shared/wire/network.ts';
import { type Anvil, accountOf, DEV_KEYS, deployedProfile, startAnvil } from '../anvil.ts';
import { createIdentity } from '../identity.ts';
import { startRpcProxy } from '../rpc-proxy.ts';

const PROVIDER = accountOf(DEV_KEYS[1]);

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

const identity = () => createIdentity(anvil, profile);

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

  test('is as old as its first entry, however often it changed since', async () => {
    const { did, account, addDelegate } = await identity();
    expect(await reader.bornAt(did)).toBeNull();
    await addDelegate(account, 86_400);
    const born = await reader.bornAt(did);
    expect(born).toBe((await reader.resolve(did)).block.time);
    await anvil.rpc('evm_increaseTime', 1_000);
    await addDelegate((await identity()).account, 86_400);
    expect((await reader.resolve(did)).block.time).toBeGreaterThan(born as number);
    expect(await reader.bornAt(did)).toBe(born);
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
    await anvil.rpc('evm_increaseTime', 60);
    await id.revokeDelegate(a);
    await anvil.rpc('evm_increaseTime', 60);
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
    await anvil.rpc('evm_increaseTime', 60);
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
    const proxy = await startRpcProxy(profile);
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
    const proxy = await startRpcProxy(profile, fault);
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
    await anvil.rpc('evm_increaseTime', 60);
    await writer.register({ delegate, delegateSeconds: 86_400, services: ['ws://b.example/'] });
    expect(await nonce()).toBe(4);
    await anvil.rpc('evm_increaseTime', 60);
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
