import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { type Book, EMPTY_BOOK } from '../../../extension/nodes/book.ts';
import { forgotten, mark, noteBegun, noteEnded, noteSeen } from '../../../extension/nodes/book-notes.ts';
import {
  BookSchema,
  MAX_BLOCKED,
  MAX_FAVOURITES,
  MAX_KNOWN,
  MAX_PRICES,
  MAX_RECENTS,
} from '../../../extension/nodes/book-schema.ts';
import { follow, MAX_SESSIONS, type Session } from '../../../extension/nodes/sessions.ts';
import { address, didOf } from '../../../shared/base/units.ts';
import { exit } from './tables.ts';

const payee = (n: number) => address(`0x${n.toString(16).padStart(40, '0')}`);
const did = (n: number) => didOf(31337, payee(n));
const ref = (n: number) => ({ kind: 'node', did: did(n), country: 'DE', label: 'Kassel' }) as const;
const seen = (n: number, wei: bigint) => ({ did: did(n), pricePerMB: wei });
const ENDED = { bytes: 1, spent: 1n, top: null, rttMs: null, reach: null };
const sound = (book: Book) => expect(v.safeParse(BookSchema, JSON.parse(JSON.stringify(book))).success).toBe(true);

describe('the node book', () => {
  test('keeps a price for as long as it holds, the last one of a day, and only so many', () => {
    let book = noteSeen(EMPTY_BOOK, [seen(1, 5n)], 10);
    expect(noteSeen(book, [seen(1, 5n)], 10)).toBe(book);
    book = noteSeen(book, [seen(1, 5n)], 11);
    expect(book.known[0]).toMatchObject({ first: 10, last: 11, prices: [{ day: 10, wei: '5' }] });
    for (const wei of [6n, 7n]) book = noteSeen(book, [seen(1, wei)], 12);
    expect(book.known[0]?.prices).toEqual([
      { day: 10, wei: '5' },
      { day: 12, wei: '7' },
    ]);
    for (let day = 20; day < 80; day++) book = noteSeen(book, [seen(1, BigInt(day))], day);
    expect(book.known[0]?.prices).toHaveLength(MAX_PRICES);
    expect(book.known[0]?.prices.at(-1)).toEqual({ day: 79, wei: '79' });
    sound(book);
  });

  test('adds sessions up, and keeps the best speed', () => {
    const session = { did: did(1), bytes: 100, spent: 7n, top: 500, rttMs: 20, reach: null };
    let book = noteEnded(EMPTY_BOOK, session, 3);
    book = noteEnded(book, { ...session, top: null, rttMs: null, reach: { kind: 'relay', remote: 'relay' } }, 4);
    expect(book.known[0]?.use).toEqual({
      sessions: 2,
      bytes: 200,
      spent: '14',
      top: 500,
      rttMs: 20,
      reach: { kind: 'relay', remote: 'relay' },
      last: 4,
    });
    sound(book);
  });

  test('bounds every list, and lets strangers go before what was used or marked', () => {
    let book = noteEnded(EMPTY_BOOK, { did: did(1), bytes: 1, spent: 1n, top: 1, rttMs: 1, reach: null }, 1);
    book = mark(noteSeen(book, [seen(2, 1n)], 1), ref(2), 'favourite', true);
    const many = Array.from({ length: MAX_KNOWN + 50 }, (_, i) => seen(i + 10, 1n));
    book = noteSeen(book, many, 2);
    expect(book.known).toHaveLength(MAX_KNOWN);
    expect(book.known.map((known) => known.did)).toEqual(expect.arrayContaining([did(1), did(2)]));
    for (let n = 1; n < 150; n++) book = mark(noteBegun(book, ref(n)), ref(n), 'favourite', true);
    expect(book.recents).toHaveLength(MAX_RECENTS);
    expect(book.recents[0]).toEqual(ref(149));
    expect(book.favourites).toHaveLength(MAX_FAVOURITES);
    for (let n = 0; n < MAX_BLOCKED; n++) book = mark(book, ref(n), 'blocked', true);
    expect(() => mark(book, ref(9_999), 'blocked', true)).toThrow(RangeError);
    sound(book);
  });

  test('a blocked node is no favourite; taken back, it is as if nothing had been', () => {
    const liked = mark(EMPTY_BOOK, ref(1), 'favourite', true);
    const blocked = mark(liked, ref(1), 'blocked', true);
    expect(blocked).toMatchObject({ favourites: [], blocked: [ref(1)] });
    expect(mark(blocked, ref(1), 'blocked', false)).toEqual(EMPTY_BOOK);
  });

  test('forgets what it learned and keeps what the user said', () => {
    const book = mark(noteBegun(noteSeen(EMPTY_BOOK, [seen(1, 1n)], 1), ref(1)), ref(2), 'blocked', true);
    expect(forgotten(book)).toEqual({ ...EMPTY_BOOK, blocked: [ref(2)] });
  });

  test('names no moment, only days', () => {
    const book = noteEnded(noteSeen(EMPTY_BOOK, [seen(1, 1n)], 20_000), { ...ENDED, did: did(1) }, 20_000);
    const numbers = JSON.stringify(book).match(/(?<=:)\d{6,}/g) ?? [];
    expect(numbers).toEqual([]);
  });
});
type Step = readonly [number, ReturnType<typeof exit>[]];

describe('sessions', () => {
  const node = {
    did: did(1),
    payee: payee(1),
    country: 'DE',
    asn: null,
    network: null,
    residential: true,
    pricePerMB: 1n,
    capacityMbps: 1,
    latencyMs: null,
    online: true,
  };
  const up = (part: Parameters<typeof exit>[1] = {}) => exit('any', { node, upAt: 1_000, ...part });
  const run = (steps: readonly Step[]) => {
    let sessions: readonly Session[] = [];
    const all = steps.map(([at, exits]) => {
      const followed = follow(sessions, exits, at);
      sessions = followed.sessions;
      return followed;
    });
    return { sessions, begun: all.flatMap(({ begun }) => begun), ended: all.flatMap(({ ended }) => ended) };
  };

  test('one stays one through a pause for money, and ends with the tunnel', () => {
    const { sessions, begun, ended } = run([
      [1_000, [up()]],
      [2_000, [up({ phase: 'gated', rxBytes: 10 })]],
      [3_000, [up({ rxBytes: 20, txBytes: 5, spentSession: 3n })]],
      [4_000, [exit('any', { phase: 'closing', node })]],
      [5_000, []],
    ]);
    expect(begun).toHaveLength(1);
    expect(ended).toMatchObject([{ did: did(1), bytes: 25, spent: 3n, top: null }]);
    expect(sessions).toMatchObject([{ startedAt: 1_000, endedAt: 4_000, down: 20, up: 5 }]);
  });

  test('a new tunnel to the same node is another one', () => {
    const { begun, ended } = run([
      [1_000, [up({ rxBytes: 50 })]],
      [9_000, [up({ upAt: 8_000, rxBytes: 2 })]],
    ]);
    expect(begun).toHaveLength(2);
    expect(ended).toMatchObject([{ bytes: 50 }]);
  });

  test('speed is what came in over seconds; trickles and bursts tell nothing', () => {
    const at = (seconds: number, megabytes: number): Step => [seconds * 1_000, [up({ rxBytes: megabytes * 1e6 })]];
    expect(run([at(1, 0), at(2, 40)]).sessions[0]?.top).toBeNull();
    expect(run([at(1, 0), at(3, 0.2), at(5, 0.4), at(6, 0.5)]).sessions[0]?.top).toBeNull();
    expect(run([at(1, 0), at(3, 10), at(5, 20), at(6, 25), at(20, 25)]).sessions[0]?.top).toBe(5_000_000);
  });

  test('only so many are kept', () => {
    const steps = Array.from({ length: MAX_SESSIONS + 20 }, (_, i) => [i * 10, [up({ upAt: i })]] satisfies Step);
    expect(run(steps).sessions).toHaveLength(MAX_SESSIONS);
  });
});
