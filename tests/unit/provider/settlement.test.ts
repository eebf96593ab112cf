import { describe, expect, it, vi } from 'vitest';
import { createLog } from '../../../provider/log.ts';
import { ProofBook } from '../../../provider/proofs.ts';
import { startSettlements } from '../../../provider/settlement.ts';
import type { Hex } from '../../../shared/base/bytes.ts';
import { WarrenError } from '../../../shared/base/errors.ts';
import { address, type Wei } from '../../../shared/base/units.ts';
import type { ChannelParties, LedgerReader, LedgerWriter } from '../../../shared/effects.ts';
import { channelId } from '../../../shared/wire/proof.ts';
import { createFakeClock } from '../../fakes/clock.ts';

const party = (byte: string) => address(`0x${byte.repeat(20)}`);
const PAYEE = party('cc');
const parties = (byte: string): ChannelParties => ({ payer: party(byte), signer: party('bb'), payee: PAYEE });
const [ANNA, BERT] = [parties('a1'), parties('b2')];
const TOKEN = 10n ** 18n;
const proof = (cumulative: Wei) => ({ cumulative, signature: new Uint8Array(64) });
const down = () => new WarrenError('ledger_unreachable', 'down', 'wait');

/** A chain in memory: enough of it to be claimed from and closed on, and to be unreachable. */
class MemoryLedger {
  readonly channels = new Map<Hex, { deposit: Wei; claimed: Wei; settledClaimed?: Wei; closeAt: number }>();
  up = true;
  claims: Wei[] = [];
  readonly #hash = `0x${'ee'.repeat(32)}` as Hex;

  fund(of: ChannelParties, deposit: Wei): void {
    this.channels.set(channelId(of), { deposit, claimed: 0n, closeAt: 0 });
  }

  #of(of: ChannelParties) {
    if (!this.up) throw down();
    const channel = this.channels.get(channelId(of));
    if (!channel) throw new Error('no such channel');
    return channel;
  }

  reader(): LedgerReader {
    const reader: Partial<LedgerReader> = {
      channel: async (of) => ({ exists: true, graceMinutes: 1440, epoch: 0, ...this.#of(of) }),
      account: async () => {
        if (!this.up) throw down();
        return {
          coin: TOKEN,
          token: 0n,
          nonce: 0,
          maxFeePerGas: 10n ** 9n,
          maxPriorityFeePerGas: 0n,
          permitNonce: 0n,
          blockTime: 0,
        };
      },
    };
    return reader as LedgerReader;
  }

  writer(): LedgerWriter {
    const take = (of: ChannelParties, cumulative: Wei) => {
      const channel = this.#of(of);
      const payable = cumulative < channel.deposit ? cumulative : channel.deposit;
      const gained = payable > channel.claimed ? payable - channel.claimed : 0n;
      channel.claimed += gained;
      return gained;
    };
    return {
      account: PAYEE,
      register: async () => {},
      transfer: async () => ({ transaction: this.#hash }),
      transferCoin: async () => ({ transaction: this.#hash }),
      claim: async (_payee, items) => {
        const total = items.reduce(
          (sum, item) => sum + take({ payer: item.payer, signer: party('bb'), payee: PAYEE }, item.cumulative),
          0n,
        );
        this.claims.push(total);
        return { transaction: this.#hash, total, gasUsed: 60_000n };
      },
      close: async (payer, signer, last) => {
        const of = { payer, signer, payee: PAYEE };
        if (last) take(of, last.cumulative);
        const channel = this.#of(of);
        const refunded = channel.deposit - channel.claimed;
        channel.deposit = channel.claimed;
        return { transaction: this.#hash, claimed: channel.claimed, refunded };
      },
    };
  }
}

function setUp(payee = PAYEE) {
  const ledger = new MemoryLedger();
  const clock = createFakeClock();
  const lines: string[] = [];
  const book = new ProofBook({ load: () => [], append: (line) => void lines.push(line), replace: () => {} });
  const reachable: boolean[] = [];
  const came: bigint[] = [];
  const settlements = startSettlements({
    book,
    reader: ledger.reader(),
    writer: ledger.writer(),
    clock,
    log: createLog('silent'),
    // A gwei of coin is a gwei of token: a claim of one channel costs about 52,000 gwei of token.
    tokenPerGas: (fee) => fee,
    onLedger: (up) => reachable.push(up),
    onClaimed: (amount) => came.push(amount),
    payee,
  });
  ledger.fund(ANNA, TOKEN);
  ledger.fund(BERT, TOKEN);
  return { ledger, clock, book, settlements, reachable, came };
}

/** Lets promises run until the condition holds: no time passes on the fake clock. */
const eventually = (check: () => void) => vi.waitFor(check, { interval: 1 });

describe('settlement', () => {
  it('claims many channels in one transaction once that is worth its gas', async () => {
    const { ledger, clock, book, settlements } = setUp();
    book.saveProof(ANNA, proof(TOKEN / 10n));
    book.saveProof(BERT, proof(TOKEN / 5n));
    clock.advance(60_000);
    await eventually(() => expect(ledger.claims).toEqual([(TOKEN * 3n) / 10n]));
    expect(settlements.claimed).toBe((TOKEN * 3n) / 10n);
    expect(book.unclaimed()).toEqual([]);
    expect(settlements.history[0]).toMatchObject({ kind: 'claim', channels: 2 });
  });

  it('waits while the fee would eat the earnings', async () => {
    const { ledger, clock, book, settlements, reachable } = setUp();
    book.saveProof(ANNA, proof(10n ** 14n));
    clock.advance(60_000);
    await eventually(() => expect(reachable).toEqual([true]));
    expect(ledger.claims).toEqual([]);
    expect(settlements.history).toEqual([]);
  });

  it('claims at once when the payer gives notice, and again for a proof that comes after', async () => {
    const { ledger, clock, book, settlements } = setUp();
    book.saveProof(ANNA, proof(10n ** 15n));
    const channel = ledger.channels.get(channelId(ANNA));
    if (channel) channel.closeAt = 99;
    settlements.onCloseRequested(channelId(ANNA), 99);
    clock.advance(0);
    await eventually(() => expect(ledger.claims).toEqual([10n ** 15n]));
    book.saveProof(ANNA, proof(2n * 10n ** 15n));
    settlements.onProof(ANNA);
    clock.advance(0);
    await eventually(() => expect(ledger.claims).toEqual([10n ** 15n, 10n ** 15n]));
  });

  it('keeps the proofs while the chain is unreachable and claims when it is back', async () => {
    const { ledger, clock, book, reachable } = setUp();
    book.saveProof(ANNA, proof(TOKEN / 2n));
    ledger.up = false;
    clock.advance(60_000);
    await eventually(() => expect(reachable).toEqual([false]));
    expect(book.unclaimed()).toHaveLength(1);
    ledger.up = true;
    await eventually(() => {
      clock.advance(1_000);
      expect(ledger.claims).toEqual([TOKEN / 2n]);
    });
  });

  it('closes with the highest proof: the rest goes back, and nothing is claimed twice', async () => {
    const { ledger, book, settlements } = setUp();
    book.saveProof(ANNA, proof(TOKEN / 4n));
    expect(await settlements.close(ANNA)).toMatchObject({ claimed: TOKEN / 4n, refunded: (TOKEN * 3n) / 4n });
    expect(settlements.claimed).toBe(TOKEN / 4n);
    await settlements.claimAll();
    expect(ledger.claims).toEqual([]);
  });

  it('reports a close that failed and keeps the proof', async () => {
    const { ledger, book, settlements } = setUp();
    book.saveProof(ANNA, proof(TOKEN / 4n));
    ledger.up = false;
    await expect(settlements.close(ANNA)).rejects.toMatchObject({ code: 'ledger_unreachable' });
    expect(book.unclaimed()).toHaveLength(1);
  });

  it('at the end claims all that is worth its own gas, and does not throw when it cannot', async () => {
    const { ledger, book, settlements } = setUp();
    book.saveProof(ANNA, proof(10n ** 15n));
    book.saveProof(BERT, proof(10n ** 9n));
    await settlements.claimAll();
    expect(ledger.claims).toEqual([10n ** 15n]);
    expect(book.unclaimed()).toHaveLength(1);
    book.saveProof(ANNA, proof(TOKEN));
    ledger.up = false;
    await settlements.claimAll();
    expect(book.unclaimed()).toHaveLength(2);
  });

  it('counts what the deposit covered as claimed, not what was signed', async () => {
    const { ledger, clock, book, settlements } = setUp();
    book.saveProof(ANNA, proof(TOKEN + 500n));
    clock.advance(60_000);
    await eventually(() => expect(book.find(ANNA)).toMatchObject({ claimed: TOKEN, settled: TOKEN }));
    expect(settlements.claimed).toBe(TOKEN);
    expect(book.unclaimed()).toHaveLength(1);
    // A top-up, and the rest is worth claiming.
    const channel = ledger.channels.get(channelId(ANNA));
    if (channel) channel.deposit = 3n * TOKEN;
    book.saveProof(ANNA, proof(2n * TOKEN));
    await settlements.claimAll();
    expect(ledger.claims).toEqual([TOKEN, TOKEN]);
  });

  it('claims again what a reorganisation took back, and not before', async () => {
    const { ledger, clock, book, settlements } = setUp();
    book.saveProof(ANNA, proof(TOKEN / 2n));
    const channel = ledger.channels.get(channelId(ANNA));
    if (!channel) throw new Error('no channel');
    channel.settledClaimed = 0n;
    clock.advance(60_000);
    await eventually(() => expect(book.find(ANNA)).toMatchObject({ claimed: TOKEN / 2n, settled: 0n }));
    await settlements.claimAll();
    expect(ledger.claims).toEqual([TOKEN / 2n]);

    channel.claimed = 0n;
    await settlements.claimAll();
    expect(ledger.claims).toEqual([TOKEN / 2n, TOKEN / 2n]);
    expect(settlements.claimed).toBe(TOKEN / 2n);
    expect(settlements.history.map(({ kind }) => kind)).toEqual(['claim', 'failed', 'claim']);

    channel.settledClaimed = TOKEN / 2n;
    await settlements.claimAll();
    expect(book.unsettled()).toEqual([]);
    expect(ledger.claims).toHaveLength(2);
  });

  it('claims for an account whose key is elsewhere, and leaves the closing of channels to the payer', async () => {
    const { ledger, book, settlements, came } = setUp(party('c0'));
    book.saveProof(ANNA, proof(TOKEN / 2n));
    await expect(settlements.close(ANNA)).rejects.toMatchObject({ code: 'transaction_failed' });
    await settlements.claimAll();
    expect(ledger.claims).toEqual([TOKEN / 2n]);
    expect(came).toEqual([TOKEN / 2n]);
  });

  it('believes the chain about a deposit that is gone', async () => {
    const { ledger, book, settlements } = setUp();
    book.saveProof(ANNA, proof(TOKEN / 2n));
    ledger.fund(ANNA, 0n);
    await settlements.claimAll();
    expect(ledger.claims).toEqual([]);
  });
});
