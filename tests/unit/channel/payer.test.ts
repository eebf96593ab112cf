import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { WarrenError } from '../../../shared/base/errors.ts';
import { address, MEGABYTE, type Wei } from '../../../shared/base/units.ts';
import { costOf } from '../../../shared/machine/channel/amounts.ts';
import {
  type PayerConfig,
  type PayerInput,
  type PayerOutput,
  TOLERANCE_BYTES,
} from '../../../shared/machine/channel/api.ts';
import { Payer } from '../../../shared/machine/channel/payer.ts';
import { PAYER_TRANSITIONS, type PayerEvent, type PayerPhase } from '../../../shared/machine/channel/transitions.ts';
import type { Tick } from '../../../shared/machine/machine.ts';

const SIGNER = address(`0x${'51'.repeat(20)}`);
const OTHER = address(`0x${'07'.repeat(20)}`);
const PRICE = 1_000n;
const MB = MEGABYTE;

const config = (change: Partial<PayerConfig> = {}): PayerConfig => ({
  signer: SIGNER,
  pricePerMB: PRICE,
  deposit: 100n * PRICE,
  claimed: 0n,
  highestSigned: 0n,
  ...change,
});

/** Feeds inputs and answers every `sign` at once, as the host does; gives all outputs in their order. */
function run(payer: Payer, inputs: readonly (PayerInput | Tick)[], now = 0): PayerOutput[] {
  const all: PayerOutput[] = [];
  const queue = [...inputs];
  for (let input = queue.shift(); input; input = queue.shift())
    for (const output of payer.handle(input, now)) {
      all.push(output);
      if (output.type === 'sign')
        queue.unshift({ type: 'signed', cumulative: output.cumulative, signature: new Uint8Array(64) });
    }
  return all;
}

const fresh: PayerInput = { type: 'recovered', highest: null };
const counters = (rxBytes: number, txBytes = 0): PayerInput => ({ type: 'counters', rxBytes, txBytes });
const receipt = (rxBytes: number, txBytes = 0): PayerInput => ({ type: 'receipt', accepted: 0n, rxBytes, txBytes });
const amounts = (outputs: readonly PayerOutput[]): Wei[] =>
  outputs.flatMap((o) => (o.type === 'send' ? [o.proof.cumulative] : []));
const codes = (outputs: readonly PayerOutput[]) =>
  outputs.flatMap((o) => (o.type === 'disputed' ? [o.error.code] : []));

describe('an honest client', () => {
  test('pays one megabyte ahead, and the next when that one is used', () => {
    const payer = new Payer(config());
    expect(run(payer, [counters(0)])).toEqual([]);
    expect(amounts(run(payer, [fresh]))).toEqual([1n * PRICE]);
    expect(amounts(run(payer, [counters(0.5 * MB), counters(0.99 * MB)]))).toEqual([]);
    expect(amounts(run(payer, [counters(MB)]))).toEqual([2n * PRICE]);
  });

  test('records an amount before it sends it', () => {
    const outputs = run(new Payer(config()), [fresh]);
    expect(outputs.map((o) => o.type)).toEqual(['sign', 'persist', 'send']);
    expect(outputs[1]).toEqual({ type: 'persist', cumulative: PRICE });
  });

  test('pays for what it received and for what the provider received from it', () => {
    const payer = new Payer(config());
    run(payer, [fresh]);
    expect(amounts(run(payer, [receipt(0.6 * MB), counters(0.4 * MB, 0.6 * MB)]))).toEqual([2n * PRICE]);
  });

  test('pays no upload that it never sent, even within the tolerance', () => {
    const payer = new Payer(config());
    run(payer, [fresh]);
    expect(amounts(run(payer, [receipt(1.2 * MB), counters(0, 0.99 * MB)]))).toEqual([]);
  });

  test('pays for what was lost on the way, but no more of it than the tolerance', () => {
    const payer = new Payer(config());
    run(payer, [fresh, counters(4 * MB)]);
    // Ten megabytes are missing; 3 % of fifty and 256 KiB are paid, and one megabyte ahead of that.
    expect(amounts(run(payer, [counters(50 * MB), receipt(0, 60 * MB)]))).toEqual([51_000n, 52_763n]);
  });

  test('a gate that stays shut although all is paid is a dispute after three seconds', () => {
    const payer = new Payer(config());
    run(payer, [fresh, counters(0.5 * MB)]);
    run(payer, [{ type: 'gate', open: false }], 1_000);
    expect(payer.deadline()?.at).toBe(4_000);
    expect(codes(run(payer, [{ type: 'tick' }], 4_000))).toEqual(['metering_disputed']);
  });

  test('a gate that opens again in time, or is shut because paying was stopped, is none', () => {
    const payer = new Payer(config());
    run(payer, [fresh, counters(0.5 * MB)]);
    run(payer, [{ type: 'gate', open: false }], 1_000);
    run(payer, [{ type: 'gate', open: true }], 2_000);
    expect(payer.deadline()).toBeNull();
    run(
      payer,
      [
        { type: 'stop', stopped: true },
        { type: 'gate', open: false },
      ],
      5_000,
    );
    expect(codes(run(payer, [{ type: 'tick' }], 60_000))).toEqual([]);
  });

  test('stays one megabyte ahead at a high rate too, in larger steps', () => {
    const payer = new Payer(config({ deposit: 10_000n * PRICE }));
    run(payer, [fresh, counters(0)]);
    const sums = [1, 2, 3].flatMap((i) => amounts(run(payer, [counters(i * 10 * MB)])));
    expect(sums).toEqual([11n * PRICE, 21n * PRICE, 31n * PRICE]);
  });

  test('signs about one proof per megabyte at a modest rate', () => {
    const payer = new Payer(config());
    const sent = amounts(run(payer, [fresh, counters(0)]));
    for (let i = 1; i <= 400; i++) sent.push(...amounts(run(payer, [counters(i * 50_000)])));
    expect(sent.length).toBeGreaterThanOrEqual(20);
    expect(sent.length).toBeLessThanOrEqual(22);
  });

  test('goes on from its own verified proof after a loss of state', () => {
    const payer = new Payer(config());
    expect(amounts(run(payer, [{ type: 'recovered', highest: { cumulative: 7n * PRICE, signer: SIGNER } }]))).toEqual([
      8n * PRICE,
    ]);
  });

  test('goes on from what was claimed on chain where the provider shows nothing', () => {
    expect(amounts(run(new Payer(config({ claimed: 5n * PRICE })), [fresh]))).toEqual([6n * PRICE]);
  });

  test('never signs below what it remembers, whatever the provider shows', () => {
    const payer = new Payer(config({ highestSigned: 9n * PRICE }));
    const shown: PayerInput = { type: 'recovered', highest: { cumulative: 3n * PRICE, signer: SIGNER } };
    expect(amounts(run(payer, [shown]))).toEqual([9n * PRICE]);
    // The bytes count from the proof that the provider holds: the roll-back gave it nothing.
    expect(amounts(run(payer, [counters(5.9 * MB)]))).toEqual([]);
  });

  test('sends the last amount again when the provider lost it with the connection', () => {
    const payer = new Payer(config());
    run(payer, [fresh]);
    expect(amounts(run(payer, [fresh]))).toEqual([PRICE]);
  });

  test('counts from the start of the session also when the connection was made anew', () => {
    const payer = new Payer(config());
    run(payer, [fresh, counters(1.5 * MB)]);
    run(payer, [{ type: 'recovered', highest: { cumulative: 2n * PRICE, signer: SIGNER } }]);
    expect(amounts(run(payer, [counters(2.9 * MB)]))).toEqual([3900n]);
  });

  test('signs nothing where it remembers more than the deposit covers', () => {
    const payer = new Payer(config({ highestSigned: 9n * PRICE, deposit: 5n * PRICE }));
    expect(amounts(run(payer, [fresh, counters(20 * MB)]))).toEqual([]);
    expect(payer.phase).toBe('exhausted');
  });

  test('never signs above the deposit, and says in time that it runs out', () => {
    const payer = new Payer(config({ deposit: 12n * PRICE }));
    const outputs = run(payer, [fresh]);
    expect(outputs.some((o) => o.type === 'exhausted')).toBe(false);
    for (let i = 1; i <= 30; i++) outputs.push(...run(payer, [counters(i * MB)]));
    expect(amounts(outputs).at(-1)).toBe(12n * PRICE);
    expect(outputs.filter((o) => o.type === 'exhausted')).toEqual([{ type: 'exhausted', remaining: 10n * PRICE }]);
    expect(payer.phase).toBe('exhausted');
    expect(amounts(run(payer, [{ type: 'deposit', deposit: 50n * PRICE }])).at(-1)).toBeGreaterThan(30n * PRICE);
  });

  test('signs nothing while it is told to stop, and catches up afterwards', () => {
    const payer = new Payer(config());
    expect(run(payer, [{ type: 'stop', stopped: true }, fresh, counters(3 * MB)])).toEqual([]);
    expect(amounts(run(payer, [{ type: 'stop', stopped: false }]))).toEqual([4n * PRICE]);
  });

  test('signs nothing where nothing costs anything', () => {
    expect(run(new Payer(config({ pricePerMB: 0n })), [fresh, counters(500 * MB)])).toEqual([]);
  });
});

describe('a dishonest provider', () => {
  test('that counts more upload than was sent is not paid any more', () => {
    const payer = new Payer(config());
    run(payer, [fresh]);
    const sent = 2 * MB;
    const limit = sent * 1.03 + 262_144;
    expect(codes(run(payer, [receipt(limit), counters(0, sent)]))).toEqual([]);
    expect(codes(run(payer, [receipt(limit + 1), counters(0, sent)]))).toEqual(['metering_disputed']);
    expect(run(payer, [counters(50 * MB, 50 * MB)])).toEqual([]);
  });

  test('is not accused while our own counter is older than its receipt', () => {
    const payer = new Payer(config());
    run(payer, [fresh, counters(0, 1000)]);
    expect(codes(run(payer, [receipt(3 * MB)]))).toEqual([]);
    expect(codes(run(payer, [counters(0, 3 * MB)]))).toEqual([]);
  });

  test.each([[OTHER], [null]])('that shows a proof by %s gets nothing', (signer) => {
    const outputs = run(new Payer(config()), [
      { type: 'recovered', highest: { cumulative: 90n * PRICE, signer } },
      fresh,
    ]);
    expect(codes(outputs)).toEqual(['proof_invalid']);
    expect(amounts(outputs)).toEqual([]);
  });

  test('that refuses a proof gets no other', () => {
    const payer = new Payer(config());
    run(payer, [fresh]);
    const error = new WarrenError('channel_closing', 'no', 'none');
    expect(codes(run(payer, [{ type: 'refused', error }, counters(9 * MB)]))).toEqual(['channel_closing']);
  });
});

describe('whatever happens', () => {
  const input = fc.oneof(
    fc.constant<PayerInput>(fresh),
    fc.tuple(fc.nat(40 * MB), fc.nat(40 * MB)).map(([rx, tx]) => counters(rx, tx)),
    fc.tuple(fc.nat(8 * MB), fc.nat(40 * MB)).map(([rx, tx]) => receipt(rx, tx)),
    fc.boolean().map((stopped): PayerInput => ({ type: 'stop', stopped })),
    fc.nat(60).map((n): PayerInput => ({ type: 'deposit', deposit: BigInt(n) * PRICE })),
    fc
      .nat(30)
      .map((n): PayerInput => ({ type: 'recovered', highest: { cumulative: BigInt(n) * PRICE, signer: SIGNER } })),
  );

  test('amounts never fall, never pass the deposit, and never run ahead of the bytes by more than a megabyte and the tolerance', () => {
    fc.assert(
      fc.property(fc.array(input, { maxLength: 60 }), (inputs) => {
        const payer = new Payer(config({ deposit: 30n * PRICE }));
        let deposit = 30n * PRICE;
        let last = 0n;
        let [rx, tx, base] = [0, 0, null as Wei | null];
        for (const one of inputs) {
          if (one.type === 'deposit' && one.deposit > deposit) deposit = one.deposit;
          if (one.type === 'counters') [rx, tx] = [Math.max(rx, one.rxBytes), Math.max(tx, one.txBytes)];
          if (one.type === 'recovered') base = base ?? one.highest?.cumulative ?? 0n;
          for (const amount of amounts(run(payer, [one]))) {
            expect(amount).toBeGreaterThanOrEqual(last);
            expect(amount).toBeLessThanOrEqual(deposit);
            last = amount;
          }
        }
        if (base !== null && inputs.filter((one) => one.type === 'recovered').length === 1)
          expect(last).toBeLessThanOrEqual(base + costOf(rx * 1.03 + TOLERANCE_BYTES + tx + MB, PRICE));
      }),
    );
  });
});

describe('the table', () => {
  const stories: Record<PayerPhase, readonly PayerInput[]> = {
    waiting: [],
    paying: [fresh],
    signing: [fresh],
    exhausted: [fresh, ...Array.from({ length: 30 }, (_, i) => counters((i + 1) * MB))],
    disputed: [receipt(9 * MB), counters(0)],
  };
  const events: Record<PayerEvent, readonly PayerInput[]> = {
    recovered: [fresh],
    sign: [counters(3 * MB)],
    signed: [{ type: 'signed', cumulative: PRICE, signature: new Uint8Array(64) }],
    empty: [counters(80 * MB)],
    topUp: [{ type: 'deposit', deposit: 1000n * PRICE }],
    dispute: [{ type: 'refused', error: new WarrenError('proof_invalid', 'no', 'none') }],
  };

  const rows = (Object.keys(PAYER_TRANSITIONS) as PayerPhase[]).flatMap((from) =>
    (Object.keys(events) as PayerEvent[]).map((event) => ({ from, event, to: PAYER_TRANSITIONS[from][event] })),
  );

  test.each(rows)('$from, $event → $to', ({ from, event, to }) => {
    const payer = new Payer(config({ deposit: 5n * PRICE }));
    if (from === 'signing') payer.handle(fresh, 0);
    else run(payer, stories[from]);
    expect(payer.phase).toBe(from);
    const outputs = events[event].flatMap((input) => payer.handle(input, 0));
    const expected = to ?? from;
    if (event === 'empty' && from === 'paying') {
      // What is left is signed first; the look after that finds it empty.
      expect(outputs).toEqual([{ type: 'sign', cumulative: 5n * PRICE }]);
      run(payer, [{ type: 'signed', cumulative: 5n * PRICE, signature: new Uint8Array(64) }]);
      expect(payer.phase).toBe('exhausted');
    } else if (expected === 'paying' && outputs.at(-1)?.type === 'sign') {
      // The next signature was due at once: one more step of the same table.
      expect(payer.phase).toBe(PAYER_TRANSITIONS.paying.sign);
    } else expect(payer.phase).toBe(expected);
  });
});
