/** Paying without a question: never more than the user allowed, whoever asks and however often. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type AutoAsk,
  type AutoFacts,
  type AutoTopUp,
  acceptedPrice,
  decideTopUp,
  toppedUp,
} from '../../../extension/wallet/auto-top-up.ts';
import { addEntry, type Book, EMPTY_BOOK, type Entry } from '../../../extension/wallet/ledger-book.ts';
import { payee } from '../extension/tables.ts';

const NOON = Date.UTC(2026, 10, 25, 12);
const DAY = 86_400_000;
const LIMITS: AutoTopUp = { on: true, perDay: 10n, perMonth: 25n, perChannel: 8n, maxFee: 100n, priceCap: null };
const ASK: AutoAsk = {
  payee: payee(1),
  suggested: 5n,
  minimum: 1n,
  pricePerMB: 7n,
  agreedPrice: 7n,
  left: 2n,
  fee: 100n,
};
const ACCOUNT = {
  coin: 1_000n,
  token: 50n,
  nonce: 0,
  maxFeePerGas: 1n,
  maxPriorityFeePerGas: 1n,
  permitNonce: 0n,
  blockTime: 1,
};
const FACTS: AutoFacts = {
  limits: LIMITS,
  unlocked: true,
  account: ACCOUNT,
  book: EMPTY_BOOK,
  now: NOON,
  offsetMinutes: 0,
};

function entry(part: Partial<Entry>): Entry {
  return {
    id: `e${Math.random()}`,
    kind: 'topUp',
    at: NOON,
    payee: payee(1),
    country: null,
    amount: '5',
    hash: null,
    status: 'confirmed',
    confirmations: 1,
    nonce: null,
    permitNonce: null,
    askedAt: 1,
    auto: true,
    ...part,
  };
}
const bookOf = (...entries: Entry[]): Book => entries.reduceRight((book, one) => addEntry(book, one), EMPTY_BOOK);

describe('what is paid by itself', () => {
  test('is what was suggested, where every limit has room for it', () => {
    expect(decideTopUp(ASK, FACTS)).toEqual({ act: true, amount: 5n });
  });

  test.each<[string, Partial<AutoAsk>, Partial<AutoFacts>, string]>([
    ['it is off', {}, { limits: { ...LIMITS, on: false } }, 'off'],
    ['the wallet is locked', {}, { unlocked: false }, 'locked'],
    ['the account is not known', {}, { account: null }, 'loading'],
    ['the fee is not known', { fee: null }, {}, 'loading'],
    ['the node was never agreed to', { agreedPrice: null }, {}, 'price'],
    ['the node has raised its price', { pricePerMB: 8n }, {}, 'price'],
    ['the network asks for more', { fee: 101n }, {}, 'fee'],
    ['there is no coin for the fee', {}, { account: { ...ACCOUNT, coin: 99n } }, 'funds'],
    ['there is less than the least', { minimum: 5n }, { account: { ...ACCOUNT, token: 4n } }, 'funds'],
    ['the deposit is full', { left: 8n }, {}, 'channel'],
    ['today was enough', {}, { book: bookOf(entry({}), entry({})) }, 'day'],
    ['the last one failed just now', {}, { book: bookOf(entry({ status: 'failed', at: NOON - 1_000 })) }, 'failed'],
  ])('is nothing when %s', (_, ask, facts, why) => {
    expect(decideTopUp({ ...ASK, ...ask }, { ...FACTS, ...facts })).toEqual({ act: false, why });
  });

  test('is cut to the room that is left', () => {
    const book = bookOf(entry({ amount: '7' }));
    expect(decideTopUp(ASK, { ...FACTS, book })).toEqual({ act: true, amount: 3n });
  });

  test('counts what is still on its way, not what failed, nor what the user sent himself', () => {
    const book = bookOf(
      entry({ status: 'pending', amount: '4' }),
      entry({ status: 'failed', amount: '4', at: NOON - DAY / 4 }),
      entry({ auto: false, amount: '9' }),
    );
    expect(toppedUp({ book, now: NOON, offsetMinutes: 0 }, 10)).toBe(4n);
  });

  test('counts by the calendar where the user is', () => {
    const late = Date.UTC(2026, 10, 25, 23, 30);
    const book = bookOf(entry({ at: late }));
    expect(toppedUp({ book, now: late + 3_600_000, offsetMinutes: 0 }, 10)).toBe(0n);
    expect(toppedUp({ book, now: late + 3_600_000, offsetMinutes: 300 }, 10)).toBe(5n);
  });

  test('a month that the book does not remember whole is spent', () => {
    const full = bookOf(
      ...Array.from({ length: 200 }, (_, i) => entry({ amount: '0', auto: false, at: NOON - i * 1_000 })),
    );
    expect(decideTopUp(ASK, { ...FACTS, book: full })).toEqual({ act: false, why: 'month' });
  });

  test('never leaves the limits, whatever is asked for, again and again', () => {
    const wei = fc.bigInt(0n, 60n);
    fc.assert(
      fc.property(fc.array(fc.record({ suggested: wei, minimum: wei, left: wei, hours: fc.nat(30) })), (asks) => {
        let book = EMPTY_BOOK;
        let now = NOON;
        for (const { hours, ...ask } of asks) {
          now += hours * 3_600_000;
          const decision = decideTopUp({ ...ASK, ...ask }, { ...FACTS, book, now });
          if (!decision.act) continue;
          expect(decision.amount + ask.left).toBeLessThanOrEqual(LIMITS.perChannel);
          expect(decision.amount).toBeGreaterThanOrEqual(ask.minimum);
          book = addEntry(book, entry({ at: now, amount: String(decision.amount) }));
          expect(toppedUp({ book, now, offsetMinutes: 0 }, 10)).toBeLessThanOrEqual(LIMITS.perDay);
          expect(toppedUp({ book, now, offsetMinutes: 0 }, 7)).toBeLessThanOrEqual(LIMITS.perMonth);
        }
      }),
    );
  });
});

describe('a price', () => {
  test.each([
    ['never agreed to stays so, whatever the cap', null, 99n, null],
    ['is the agreed one without a cap', 5n, null, 5n],
    ['may rise up to the cap', 5n, 9n, 9n],
    ['that was agreed above the cap holds', 5n, 3n, 5n],
  ])('%s', (_, agreed, priceCap, expected) => {
    expect(acceptedPrice(agreed, { priceCap })).toBe(expected);
  });
});
