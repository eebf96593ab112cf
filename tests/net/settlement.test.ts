/** Claims on a real chain that stalls, forgets, reorganises and can not be reached. */
import { createPublicClient, http } from 'viem';
import { generatePrivateKey } from 'viem/accounts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLog } from '../../provider/log.ts';
import { type LineStore, ProofBook } from '../../provider/proofs.ts';
import { startSettlements } from '../../provider/settlement.ts';
import { createTransactions } from '../../provider/transactions.ts';
import type { Hex } from '../../shared/base/bytes.ts';
import { type Address, address, type Wei } from '../../shared/base/units.ts';
import { TRANSACTION_RULES } from '../../shared/machine/transaction.ts';
import { createClock } from '../../shared/node/clock.ts';
import { createLedgerReader } from '../../shared/node/ledger/reader.ts';
import { createLedgerWriter } from '../../shared/node/ledger/writer.ts';
import type { NetworkProfile } from '../../shared/wire/network.ts';
import { type Anvil, accountOf, DEV_KEYS, deployedProfile, startAnvil } from '../anvil.ts';
import { createFakeClock } from '../fakes/clock.ts';
import { createPayer, type Payer } from '../payer.ts';
import { startRpcProxy } from '../rpc-proxy.ts';

const MYST = 10n ** 18n;
const [, PROVIDER_KEY, PAYER_KEY] = DEV_KEYS;
const PROVIDER = accountOf(PROVIDER_KEY);
const DEPTH = 12;
const ROUND_MS = 60_000;

/** Lines in memory; `read` is what the next process would find. */
function memory(lines: readonly string[] = []): LineStore & { read(): readonly string[] } {
  return {
    read: () => lines,
    load: () => lines,
    append: (line) => {
      lines = [...lines, line];
    },
    replace: (all) => {
      lines = [...all];
    },
  };
}

let anvil: Anvil;
let profile: NetworkProfile;
let payer: Payer;
let running: { stop(): unknown }[];

beforeEach(async () => {
  anvil = await startAnvil();
  profile = { ...(await deployedProfile(anvil.rpcUrl)), confirmations: DEPTH };
  payer = await createPayer(profile, PAYER_KEY, generatePrivateKey(), 100n * MYST);
  await payer.open(PROVIDER, 10n * MYST);
  await anvil.rpc('anvil_mine', `0x${DEPTH.toString(16)}`);
  running = [];
});
afterEach(async () => {
  for (const one of running ?? []) await one.stop();
  await anvil?.stop();
});

/** A provider's settlements as one process runs them; given another that was stopped, it finds what that one wrote. */
async function startProcess(
  last?: { readonly proofs: readonly string[]; readonly underWay: readonly string[] },
  replaceAfterMs = 300,
) {
  const proxy = await startRpcProxy(profile);
  const proofs = memory(last?.proofs);
  const underWay = memory(last?.underWay);
  const clock = createFakeClock();
  const log = createLog('silent');
  const reader = createLedgerReader(proxy.profile, { pollMs: 50 });
  const sender = createTransactions({
    clock: createClock(),
    log,
    store: underWay,
    rules: { ...TRANSACTION_RULES, lookLongestMs: 100, replaceAfterMs, silentMs: 1_000 },
  });
  const book = new ProofBook(proofs);
  const writer = createLedgerWriter(proxy.profile, PROVIDER_KEY, sender);
  const reachable: boolean[] = [];
  const settlements = startSettlements({
    book,
    reader,
    writer,
    clock,
    log,
    tokenPerGas: () => 0n,
    onLedger: (up) => reachable.push(up),
    onClaimed: () => {},
    payee: writer.account,
  });
  /** As by SIGKILL: whatever this process still wants, the chain and the journal hear no more of it. */
  const stop = async () => {
    proxy.setDown(true);
    settlements.stop();
    reader.close();
    await proxy.close();
    return { proofs: proofs.read(), underWay: underWay.read() };
  };
  running.push({ stop });
  return { clock, reader, proxy, proofs, book, settlements, reachable, stop };
}
type Process = Awaited<ReturnType<typeof startProcess>>;

const parties = () => ({ payer: payer.address, signer: payer.signer, payee: PROVIDER });
function sign(process: Process, cumulative: Wei): void {
  process.book.saveProof(parties(), payer.proof(PROVIDER, cumulative));
}
const client = () => createPublicClient({ transport: http(anvil.rpcUrl), cacheTime: 0 });
const tokens = async () => (await createLedgerReader(profile).account(PROVIDER)).token;
const count = (blockTag: 'latest' | 'pending') => client().getTransactionCount({ address: PROVIDER, blockTag });

/** What waits for a block: nonce and fee of each transaction of the provider. */
async function waiting(): Promise<readonly { nonce: number; maxFeePerGas: bigint }[]> {
  return pooled(PROVIDER);
}

async function pooled(of: Address): Promise<readonly { nonce: number; maxFeePerGas: bigint }[]> {
  const { pending } = await anvil.rpc<{ pending: Record<string, Record<string, { maxFeePerGas: Hex }>> }>(
    'txpool_content',
  );
  const own = Object.entries(pending).find(([from]) => address(from as Hex) === of)?.[1] ?? {};
  return Object.entries(own).map(([nonce, { maxFeePerGas }]) => ({
    nonce: Number(nonce),
    maxFeePerGas: BigInt(maxFeePerGas),
  }));
}

const mine = (blocks = 1) => anvil.rpc('anvil_mine', `0x${blocks.toString(16)}`);
const stall = () => anvil.rpc('evm_setAutomine', false);
const poll = (read: () => unknown) => expect.poll(read, { timeout: 8_000, interval: 20 });

describe('a claim', () => {
  test('that no block takes is offered more under its own nonce, and paid for once', async () => {
    const node = await startProcess();
    sign(node, 3n * MYST);
    await stall();
    const nonce = await count('latest');
    node.clock.advance(ROUND_MS);
    await poll(waiting).toHaveLength(1);
    const [first] = await waiting();
    await poll(async () => (await waiting())[0]?.maxFeePerGas).toBeGreaterThan(first?.maxFeePerGas ?? 0n);
    const [second] = await waiting();
    expect(second?.nonce).toBe(nonce);
    expect((second?.maxFeePerGas ?? 0n) * 8n).toBeGreaterThanOrEqual((first?.maxFeePerGas ?? 0n) * 9n);
    await mine();
    await poll(() => node.book.find(parties()).claimed).toBe(3n * MYST);
    expect([await tokens(), await count('pending')]).toEqual([3n * MYST, nonce + 1]);
  });

  test('under way when the process ends is taken over by the next one, not sent beside it', async () => {
    const before = await startProcess(undefined, 60_000);
    sign(before, 2n * MYST);
    await stall();
    const nonce = await count('latest');
    before.clock.advance(ROUND_MS);
    await poll(waiting).toHaveLength(1);
    const node = await startProcess(await before.stop());
    sign(node, 5n * MYST);
    const [old] = await waiting();
    node.clock.advance(ROUND_MS);
    await poll(async () => (await waiting())[0]?.maxFeePerGas).toBeGreaterThan(old?.maxFeePerGas ?? 0n);
    await mine();
    await poll(() => node.book.find(parties()).claimed).toBe(5n * MYST);
    expect([await tokens(), await count('pending')]).toEqual([5n * MYST, nonce + 1]);
  });

  test('mined while nobody looked is not made again by the next process', async () => {
    const before = await startProcess(undefined, 60_000);
    sign(before, 2n * MYST);
    await stall();
    before.clock.advance(ROUND_MS);
    await poll(waiting).toHaveLength(1);
    const written = await before.stop();
    await mine();
    const used = await count('pending');

    const node = await startProcess(written);
    node.clock.advance(ROUND_MS);
    await poll(() => node.book.find(parties()).claimed).toBe(2n * MYST);
    node.clock.advance(ROUND_MS);
    await poll(() => node.reachable.length).toBe(2);
    expect([await tokens(), await count('pending')]).toEqual([2n * MYST, used]);
  });

  test('whose answer was lost is paid once', async () => {
    const node = await startProcess();
    sign(node, 4n * MYST);
    const nonce = await count('latest');
    node.proxy.loseAnswersTo('eth_sendRawTransaction');
    node.clock.advance(ROUND_MS);
    await poll(() => count('latest')).toBe(nonce + 1);
    node.proxy.loseAnswersTo(null);
    await poll(() => node.book.find(parties()).claimed).toBe(4n * MYST);
    expect([await tokens(), await count('pending')]).toEqual([4n * MYST, nonce + 1]);
  });

  test.each([1, DEPTH])('that a reorganisation of depth %i took back is made again', async (depth) => {
    const node = await startProcess();
    sign(node, 6n * MYST);
    const snapshot = await anvil.rpc<Hex>('evm_snapshot');
    node.clock.advance(ROUND_MS);
    await poll(() => node.book.find(parties()).claimed).toBe(6n * MYST);
    await mine(depth - 1);
    expect(node.book.unsettled()).toHaveLength(1);

    await anvil.rpc('evm_revert', snapshot);
    await mine(depth);
    expect(await tokens()).toBe(0n);
    node.clock.advance(ROUND_MS);
    await poll(tokens).toBe(6n * MYST);
    await poll(() => node.settlements.history.map(({ kind }) => kind)).toEqual(['claim', 'failed', 'claim']);
    expect(node.settlements.claimed).toBe(6n * MYST);

    await mine(DEPTH);
    node.clock.advance(ROUND_MS);
    await poll(() => node.book.unsettled()).toEqual([]);
    expect(await tokens()).toBe(6n * MYST);
  });

  test('that a reorganisation put back among those that wait is not joined by a second one', async () => {
    const node = await startProcess();
    sign(node, 6n * MYST);
    const nonce = await count('latest');
    const snapshot = await anvil.rpc<Hex>('evm_snapshot');
    node.clock.advance(ROUND_MS);
    await poll(() => node.book.find(parties()).claimed).toBe(6n * MYST);
    const raw = await anvil.rpc<Hex>('debug_getRawTransaction', node.settlements.history[0]?.transaction);
    await anvil.rpc('evm_revert', snapshot);
    await stall();
    await anvil.rpc('eth_sendRawTransaction', raw);
    const [old] = await waiting();

    sign(node, 7n * MYST);
    node.clock.advance(ROUND_MS);
    await poll(async () => (await waiting())[0]?.maxFeePerGas).toBeGreaterThan(old?.maxFeePerGas ?? 0n);
    await mine();
    await poll(() => node.book.find(parties()).claimed).toBe(7n * MYST);
    expect([await tokens(), await count('pending')]).toEqual([7n * MYST, nonce + 1]);
  });

  test('waits for days while the chain can not be reached, and is made within a minute of its return', async () => {
    const node = await startProcess();
    sign(node, 7n * MYST);
    node.proxy.setDown(true);
    const asked = node.proxy.requests();
    for (let hour = 0; hour < 72; hour += 6) {
      const failed = node.reachable.length;
      node.clock.advance(6 * 3_600_000);
      await poll(() => node.reachable.length).toBeGreaterThan(failed);
    }
    expect(node.reachable).not.toContain(true);
    expect(node.proxy.requests()).toBeGreaterThan(asked);
    expect(new ProofBook(memory(node.proofs.read())).find(parties()).highest?.cumulative).toBe(7n * MYST);
    node.proxy.setDown(false);
    node.clock.advance(ROUND_MS);
    await poll(tokens).toBe(7n * MYST);
  });
});

test('a notice is answered by a claim in the very next block', async () => {
  const node = await startProcess();
  sign(node, 8n * MYST);
  const stop = node.reader.onCloseRequested(PROVIDER, (id, closeAt) => {
    node.settlements.onCloseRequested(id, closeAt);
    // The one timer that was set for now.
    node.clock.advance(0);
  });
  running.push({ stop });
  await stall();
  const notice = payer.requestClose(PROVIDER);
  await poll(() => pooled(payer.address)).toHaveLength(1);
  await mine();
  await notice;
  const noticed = await client().getBlockNumber();
  await poll(waiting).toHaveLength(1);
  await mine();
  await poll(() => node.book.find(parties()).claimed).toBe(8n * MYST);
  expect(await client().getBlockNumber()).toBe(noticed + 1n);
  expect(await tokens()).toBe(8n * MYST);
});

test('a proof above the deposit counts as claimed only as far as it was paid', async () => {
  const node = await startProcess();
  sign(node, 11n * MYST);
  node.clock.advance(ROUND_MS);
  await poll(() => node.book.find(parties()).claimed).toBe(10n * MYST);
  expect(node.settlements.claimed).toBe(10n * MYST);
  await payer.topUp(PROVIDER, 5n * MYST);
  await mine(DEPTH);
  node.clock.advance(ROUND_MS);
  await poll(() => node.book.find(parties()).claimed).toBe(11n * MYST);
  expect(await tokens()).toBe(11n * MYST);
});
