import { describe, expect, test } from 'vitest';
import { prepareApprovals } from '../../../extension/wallet/approvals.ts';
import type { Account } from '../../../extension/wallet/facts.ts';
import { channelKey } from '../../../extension/wallet/fees.ts';
import { addEntry, changeEntry, EMPTY_BOOK, type Entry, nextNonces } from '../../../extension/wallet/ledger-book.ts';
import { worstFee } from '../../../extension/wallet/transactions.ts';
import { exit, payee } from './tables.ts';

const MYST = 10n ** 18n;
const ACCOUNT: Account = {
  coin: MYST,
  token: 10n * MYST,
  nonce: 4,
  maxFeePerGas: 2_000_000_000n,
  maxPriorityFeePerGas: 1n,
  permitNonce: 7n,
  blockTime: 1,
};
const NEED = {
  kind: 'channel',
  payee: payee(1),
  signer: payee(9),
  minDeposit: MYST,
  suggestedDeposit: 2n * MYST,
  graceMinutes: 1440,
  pricePerMB: 5n,
  action: 'open',
} as const;
const FUNDING = exit('any', { phase: 'funding', proxy: null, since: 77, need: NEED });
const FACTS = {
  exits: [FUNDING],
  asked: [],
  rejected: new Set<string>(),
  book: EMPTY_BOOK,
  account: ACCOUNT,
  channels: new Map(),
};

function entry(part: Partial<Entry>): Entry {
  return {
    id: 'a',
    kind: 'open',
    at: 1,
    payee: payee(1),
    country: 'DE',
    amount: '1',
    hash: null,
    status: 'pending',
    confirmations: 0,
    nonce: 4,
    permitNonce: '7',
    askedAt: 77,
    ...part,
  };
}

describe('nonces', () => {
  test('are the chain’s while nothing is on its way', () => {
    expect(nextNonces(EMPTY_BOOK, ACCOUNT)).toEqual({ nonce: 4, permitNonce: 7n });
  });

  test('go one past what is still on its way, so that a second approval does not replace the first', () => {
    const book = addEntry(addEntry(EMPTY_BOOK, entry({})), entry({ id: 'b', nonce: 5, permitNonce: null }));
    expect(nextNonces(book, ACCOUNT)).toEqual({ nonce: 6, permitNonce: 8n });
  });

  test('fall back to the chain’s once it was mined or failed', () => {
    const book = changeEntry(addEntry(EMPTY_BOOK, entry({})), 'a', { status: 'failed' });
    expect(nextNonces(book, ACCOUNT)).toEqual({ nonce: 4, permitNonce: 7n });
  });

  test('an entry is written once, and the list does not grow without end', () => {
    let book = addEntry(addEntry(EMPTY_BOOK, entry({})), entry({}));
    expect(book.history).toHaveLength(1);
    for (let i = 0; i < 300; i++) book = addEntry(book, entry({ id: `x${i}` }));
    expect(book.history).toHaveLength(200);
    expect(book.history[0]?.id).toBe('x299');
  });
});

describe('what is asked for', () => {
  test('names amount, least amount and the most that the network can take', () => {
    const [first] = prepareApprovals(FACTS);
    expect(first?.view).toMatchObject({
      kind: 'open',
      amount: String(2n * MYST),
      minAmount: String(MYST),
      maxFee: String(worstFee(['open'], ACCOUNT.maxFeePerGas)),
      problem: null,
      editable: true,
    });
  });

  test('is asked once for the same phase, and not again while or after it was sent', () => {
    expect(prepareApprovals({ ...FACTS, book: addEntry(EMPTY_BOOK, entry({})) })).toEqual([]);
    const confirmed = addEntry(EMPTY_BOOK, entry({ status: 'confirmed' }));
    expect(prepareApprovals({ ...FACTS, book: confirmed })).toEqual([]);
    expect(prepareApprovals({ ...FACTS, book: addEntry(EMPTY_BOOK, entry({ status: 'failed' })) })).toHaveLength(1);
    const later = { ...FACTS, exits: [exit('any', { ...FUNDING, since: 78 })], book: confirmed };
    expect(prepareApprovals(later)).toHaveLength(1);
  });

  test('is not asked again after a no, until it is a new question', () => {
    const [first] = prepareApprovals(FACTS);
    const rejected = new Set([first?.view.id ?? '']);
    expect(prepareApprovals({ ...FACTS, rejected })).toEqual([]);
    expect(prepareApprovals({ ...FACTS, rejected, exits: [exit('any', { ...FUNDING, since: 99 })] })).toHaveLength(1);
  });

  test('two exits that need the same deposit are one question', () => {
    expect(prepareApprovals({ ...FACTS, exits: [FUNDING, { ...FUNDING, exitId: 'country:DE' }] })).toHaveLength(1);
  });

  test.each([
    ['the account is not known yet', null, 'loading'],
    ['the wallet has too little of the token', { ...ACCOUNT, token: MYST - 1n }, 'token'],
    ['the coin does not cover the fee', { ...ACCOUNT, coin: 10n }, 'coin'],
  ])('says so when %s', (_, account, problem) => {
    expect(prepareApprovals({ ...FACTS, account })[0]?.view.problem).toBe(problem);
  });

  test('suggests what there is when the wallet holds less than the suggestion', () => {
    const account = { ...ACCOUNT, token: MYST + 5n };
    expect(prepareApprovals({ ...FACTS, account })[0]?.view.amount).toBe(String(MYST + 5n));
  });

  test('a close on the user’s wish names what comes back', () => {
    const channel = { payee: payee(1), signer: payee(9), country: 'DE', label: null, graceMinutes: 60 };
    const facts = { exists: true, deposit: 5n, claimed: 2n, closeAt: 0, graceMinutes: 60, epoch: 0 };
    const [first] = prepareApprovals({
      ...FACTS,
      exits: [],
      asked: [{ kind: 'requestClose', payee: payee(1), signer: payee(9) }],
      book: { ...EMPTY_BOOK, channels: [channel] },
      channels: new Map([[channelKey(payee(1), payee(9)), facts]]),
    });
    expect(first?.view).toMatchObject({ kind: 'requestClose', amount: '3', editable: false });
  });
});
