/** The wallet's activity out of the chain's events and its own book, and the same as a table. */
import { getAddress } from 'viem';
import { describe, expect, test } from 'vitest';
import { toCsv } from '../../../extension/wallet/csv.ts';
import { historyOf } from '../../../extension/wallet/history.ts';
import { addPage, emptyLedger, ledgerEntries, nextQuestion, openedChannels } from '../../../extension/wallet/ledger.ts';
import { EMPTY_BOOK, type Entry } from '../../../extension/wallet/ledger-book.ts';
import { ledgerCsv } from '../../../extension/wallet/ledger-csv.ts';
import type { LedgerEvent } from '../../../shared/wire/native.ts';
import { payee } from '../extension/tables.ts';
import { NETWORK } from '../extension/views.ts';

const ME = payee(5);
const NODE = payee(1);
const SIGNER = payee(9);
const ID = `0x${'1d'.repeat(32)}` as const;
const hash = (n: number) => `0x${n.toString(16).padStart(64, '0')}` as const;
const at = (block: number) => ({ block, logIndex: 0, hash: hash(block), time: block * 10 });

const EVENTS: readonly LedgerEvent[] = [
  { ...at(1), event: 'transfer', from: payee(3), to: ME, amount: 100n },
  { ...at(2), event: 'opened', id: ID, payee: NODE, signer: SIGNER, graceMinutes: 60 },
  { ...at(2), logIndex: 1, event: 'deposited', id: ID, total: 20n },
  { ...at(3), event: 'deposited', id: ID, total: 30n },
  { ...at(4), event: 'claimed', id: ID, total: 12n },
  { ...at(5), event: 'closeRequested', id: ID, closeAt: 99 },
  { ...at(6), event: 'refunded', id: ID, amount: 18n },
  { ...at(7), event: 'transfer', from: ME, to: payee(4), amount: 1n },
];
const page = (events: readonly LedgerEvent[], from = 0, head = 8) => ({
  events: [...events],
  from,
  head,
  next: head + 1,
});
const LEDGER = addPage(emptyLedger(ME, 1, payee(7)), page(EVENTS));

function own(part: Partial<Entry>): Entry {
  return {
    id: 'own',
    kind: 'open',
    at: 1,
    payee: NODE,
    country: 'DE',
    amount: '20',
    hash: hash(2),
    status: 'pending',
    confirmations: 0,
    nonce: 0,
    permitNonce: null,
    askedAt: null,
    ...part,
  };
}
const book = (...history: Entry[]) => ({ ...EMPTY_BOOK, history });
const history = (kept = EMPTY_BOOK, confirmations = 3) =>
  historyOf({ book: kept, entries: ledgerEntries(LEDGER), head: LEDGER.head, confirmations });

describe('the chain’s events', () => {
  test('become what happened, newest first, with what each one moved', () => {
    expect(ledgerEntries(LEDGER).map(({ kind, amount }) => [kind, amount])).toEqual([
      ['sent', 1n],
      ['refund', 18n],
      ['requestClose', 0n],
      ['claim', 12n],
      ['topUp', 10n],
      ['open', 20n],
      ['received', 100n],
    ]);
    expect(openedChannels(LEDGER)).toEqual([{ id: ID, payee: NODE, signer: SIGNER, graceMinutes: 60 }]);
  });

  test('that a reorganisation took back are gone with the next page', () => {
    const from = nextQuestion(LEDGER);
    expect(from).toBe(0);
    const again = addPage(LEDGER, page(EVENTS.slice(0, 3)));
    expect(ledgerEntries(again)).toHaveLength(2);
  });

  test('too many to keep are folded: what the newer ones moved stays right', () => {
    const many = Array.from({ length: 4_100 }, (_, i): LedgerEvent => {
      return { ...at(10 + i), event: 'claimed', id: ID, total: BigInt(13 + i) };
    });
    const entries = ledgerEntries(addPage(LEDGER, page(many, 10, 5_000)));
    expect(entries).toHaveLength(4_000);
    expect(new Set(entries.map(({ amount }) => amount))).toEqual(new Set([1n]));
  });
});

describe('the wallet’s activity', () => {
  test('joins what it sent with what the chain recorded of it', () => {
    const rows = history(book(own({ fee: '7', auto: true })));
    expect(rows.filter(({ kind }) => kind === 'open')).toMatchObject([
      { country: 'DE', status: 'confirmed', fee: '7', auto: true, block: 2, hash: hash(2) },
    ]);
  });

  test('says how deep each block lies until that is enough', () => {
    expect(history()[0]).toMatchObject({ kind: 'sent', status: 'pending', confirmations: 2 });
    expect(history(EMPTY_BOOK, 2)[0]).toMatchObject({ status: 'confirmed', confirmations: 2 });
  });

  test('what is on its way stands first; what failed can be tried again, but an opening asks by itself', () => {
    const rows = history(
      book(
        own({ id: 'way', hash: hash(77), kind: 'send', to: payee(4) }),
        own({ id: 'bad', hash: hash(78), kind: 'topUp', status: 'failed', reason: 'Expired' }),
        own({ id: 'open', hash: hash(79), status: 'failed' }),
      ),
      1,
    );
    expect(rows[0]).toMatchObject({ id: 'way', status: 'pending', counterparty: payee(4) });
    expect(rows.find(({ id }) => id === 'bad')).toMatchObject({ retry: true, reason: 'Expired' });
    expect(rows.find(({ id }) => id === 'open')).toMatchObject({ retry: false });
  });

  test('a refund that the node told of before its block came is one row', () => {
    const told = own({ id: 'told', kind: 'refund', amount: '18', hash: null, status: 'confirmed' });
    expect(history(book(told)).filter(({ kind }) => kind === 'refund')).toHaveLength(1);
  });
});

describe('the table', () => {
  test('has a row for each entry, exact to the wei, with addresses that carry their checksum', () => {
    const lines = ledgerCsv(history(book(own({ fee: '21000' }))), NETWORK).split('\r\n');
    expect(lines).toHaveLength(1 + 7 + 1);
    const open = lines.find((line) => line.includes('"open"')) ?? '';
    expect(open).toContain('"0.00000000000000002","MYST","20","0.000000000000021","ETH","21000","DE"');
    expect(open).toContain(`"${getAddress(NODE)}","confirmed","no","2","${hash(2)}","1","${getAddress(payee(8))}"`);
    expect(open.startsWith('"1970-01-01T00:00:20.000Z"')).toBe(true);
  });

  test('is text to every spreadsheet, whatever a stranger wrote', () => {
    const wild = ['=1+1', '+1', '-1', '@x', '\t=1', 'a "quoted", one', 'two\r\nlines'];
    expect(
      toCsv(
        ['h'],
        wild.map((text) => [text]),
      ),
    ).toBe('"h"\r\n"\'=1+1"\r\n"\'+1"\r\n"\'-1"\r\n"\'@x"\r\n"\'\t=1"\r\n"a ""quoted"", one"\r\n"two\r\nlines"\r\n');
  });
});
