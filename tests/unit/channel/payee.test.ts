import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { address, MEGABYTE, type Wei } from '../../../shared/base/units.ts';
import type { PayeeConfig, PayeeInput, PayeeOutput } from '../../../shared/machine/channel/api.ts';
import { MAX_CARRIED_BYTES, Payee } from '../../../shared/machine/channel/payee.ts';
import { PAYEE_TRANSITIONS, type PayeeEvent, type PayeePhase } from '../../../shared/machine/channel/transitions.ts';

const SIGNER = address(`0x${'51'.repeat(20)}`);
const OTHER = address(`0x${'07'.repeat(20)}`);
const PRICE = 1_000n;
const MB = MEGABYTE;

const config = (change: Partial<PayeeConfig> = {}): PayeeConfig => ({
  signer: SIGNER,
  pricePerMB: PRICE,
  highest: null,
  deposit: 100n * PRICE,
  claimed: 0n,
  closeAt: 0,
  unpaidBytes: 0,
  roundTripMs: 50,
  ...change,
});

const signature = new Uint8Array(64);
const proof = (cumulative: Wei, rxBytes = 0, signer: typeof SIGNER | null = SIGNER): PayeeInput => ({
  type: 'proof',
  proof: { cumulative, signature },
  signer,
  rxBytes,
});
const counters = (rxBytes: number, txBytes = 0): PayeeInput => ({ type: 'counters', rxBytes, txBytes });
const channel = (closeAt: number, deposit = 100n * PRICE): PayeeInput => ({ type: 'channel', deposit, closeAt });
const feed = (payee: Payee, inputs: readonly PayeeInput[], now = 0): PayeeOutput[] =>
  inputs.flatMap((input) => [...payee.handle(input, now)]);
const gates = (outputs: readonly PayeeOutput[]) =>
  outputs.flatMap((o) => (o.type === 'gate' ? [o.open ? 'open' : o.error?.code] : []));
const refusals = (outputs: readonly PayeeOutput[]) =>
  outputs.flatMap((o) => (o.type === 'refuse' ? [o.error.code] : []));
const kept = (outputs: readonly PayeeOutput[]) =>
  outputs.flatMap((o) => (o.type === 'persist' ? [o.proof.cumulative] : []));

describe('the gate', () => {
  test('lets a stranger have one megabyte and not a byte more', () => {
    const payee = new Payee(config());
    expect(gates(feed(payee, [counters(MB)]))).toEqual([]);
    expect(gates(feed(payee, [counters(MB + 1)]))).toEqual(['payment_stopped']);
    expect(gates(feed(payee, [counters(2 * MB)]))).toEqual([]);
  });

  test('is not widened by a high rate before anything was paid', () => {
    const payee = new Payee(config());
    feed(payee, [counters(0)], 0);
    expect(gates(feed(payee, [counters(MB + 1)], 10))).toEqual(['payment_stopped']);
  });

  test('stays shut until money comes, however wide a late sample makes the window', () => {
    const payee = new Payee(config({ roundTripMs: 0 }));
    feed(payee, [counters(0)], 0);
    feed(payee, [proof(20n * PRICE)], 10);
    const shut = Array.from({ length: 60 }, (_, i) => feed(payee, [counters(0, 0.5 * MB * i)], 50 * i)).flat();
    expect(gates(shut)).toEqual(['payment_stopped']);
    expect(gates(feed(payee, [counters(0, 29.5 * MB)], 4_000))).toEqual([]);
    expect(gates(feed(payee, [proof(40n * PRICE, 29.5 * MB)], 4_010))).toEqual(['open']);
  });

  test('opens with the next proof, and shuts again one megabyte after what it pays for', () => {
    const payee = new Payee(config());
    feed(payee, [counters(1.5 * MB)]);
    const outputs = feed(payee, [proof(PRICE)]);
    expect(outputs.map((o) => o.type)).toEqual(['persist', 'gate', 'receipt']);
    expect(gates(feed(payee, [counters(2 * MB)]))).toEqual([]);
    expect(gates(feed(payee, [counters(2 * MB + 1)]))).toEqual(['payment_stopped']);
  });

  test('stays shut while the proof does not cover what has passed', () => {
    const payee = new Payee(config());
    feed(payee, [counters(5 * MB)]);
    expect(gates(feed(payee, [proof(2n * PRICE)]))).toEqual([]);
    expect(gates(feed(payee, [proof(4n * PRICE)]))).toEqual(['open']);
  });

  test('allows for the data under way, but never more than has been paid', () => {
    const payee = new Payee(config());
    feed(payee, [counters(0), proof(2n * PRICE)], 0);
    // 30 MB/s · (2·50 ms + 100 ms) = 6 MB, cut to the 2 MB paid: 2 + 1 + 2.
    expect(gates(feed(payee, [counters(3 * MB)], 100))).toEqual([]);
    expect(gates(feed(payee, [counters(5 * MB)], 200))).toEqual([]);
    expect(gates(feed(payee, [counters(5 * MB + 1)], 300))).toEqual(['payment_stopped']);
  });

  test('forgives what a client did not receive, up to three percent and a quarter of a megabyte', () => {
    const sent = 10 * MB;
    const tolerated = 0.03 * sent + 262_144;
    for (const [missing, forgiven] of [
      [0, 0],
      [tolerated, tolerated],
      [2 * MB, tolerated],
    ] as const) {
      const payee = new Payee(config({ roundTripMs: 0 }));
      feed(payee, [counters(0, sent), proof(10n * PRICE, sent - missing)]);
      const limit = Math.floor(11 * MB + forgiven);
      expect(gates(feed(payee, [counters(0, limit)]))).toEqual([]);
      expect(gates(feed(payee, [counters(0, limit + 1)]))).toEqual(['payment_stopped']);
    }
  });

  test('forgives a client nothing that has reported nothing', () => {
    const payee = new Payee(config());
    expect(gates(feed(payee, [counters(0, MB)]))).toEqual([]);
    expect(gates(feed(payee, [counters(0, MB + 1)]))).toEqual(['payment_stopped']);
  });

  test('names the deposit when that is what ran out', () => {
    const payee = new Payee(config({ deposit: 2n * PRICE }));
    feed(payee, [proof(2n * PRICE)]);
    expect(gates(feed(payee, [counters(9 * MB)]))).toEqual(['channel_unfunded']);
    expect(gates(feed(payee, [channel(0, 50n * PRICE), proof(9n * PRICE)]))).toEqual(['open']);
  });

  test('stays open for ever where nothing costs anything', () => {
    expect(gates(feed(new Payee(config({ pricePerMB: 0n })), [counters(1e9, 1e9)]))).toEqual([]);
  });

  test('is shut from the start for a channel that is being closed', () => {
    expect(gates(feed(new Payee(config({ closeAt: 1 })), [counters(0)]))).toEqual(['channel_closing']);
  });
});

describe('proofs', () => {
  test('of an honest client are kept before anything is granted, and receipted', () => {
    const payee = new Payee(config());
    const outputs = feed(payee, [counters(10, 20), proof(PRICE)]);
    expect(outputs).toEqual([
      { type: 'persist', proof: { cumulative: PRICE, signature } },
      { type: 'receipt', accepted: PRICE, rxBytes: 10, txBytes: 20 },
    ]);
    expect(payee.highest?.cumulative).toBe(PRICE);
  });

  test.each([[OTHER], [null]])('by %s are refused, also as repeats', (signer) => {
    const payee = new Payee(config());
    feed(payee, [proof(PRICE)]);
    for (const cumulative of [0n, PRICE, 2n * PRICE]) {
      const outputs = feed(payee, [proof(cumulative, 0, signer)]);
      expect(refusals(outputs)).toEqual(['proof_invalid']);
      expect(kept(outputs)).toEqual([]);
    }
    expect(payee.highest?.cumulative).toBe(PRICE);
  });

  test('replayed give nothing: an older one is refused, the same one is only receipted', () => {
    const payee = new Payee(config());
    feed(payee, [proof(PRICE), proof(2n * PRICE), counters(4 * MB)]);
    expect(refusals(feed(payee, [proof(PRICE)]))).toEqual(['proof_too_low']);
    expect(feed(payee, [proof(2n * PRICE)]).map((o) => o.type)).toEqual(['receipt']);
    expect(payee.phase).toBe('gated');
  });

  test('below what the chain has paid out already are refused', () => {
    expect(refusals(feed(new Payee(config({ claimed: 5n * PRICE })), [proof(4n * PRICE)]))).toEqual(['proof_too_low']);
  });

  test('above the deposit are refused and not kept', () => {
    const payee = new Payee(config());
    const outputs = feed(payee, [proof(100n * PRICE + 1n)]);
    expect(refusals(outputs)).toEqual(['channel_unfunded']);
    expect(payee.highest).toBeNull();
  });

  test('are refused once the payer has asked for its money back, until it cancels that', () => {
    const payee = new Payee(config());
    expect(gates(feed(payee, [proof(PRICE), channel(9_999)]))).toEqual(['channel_closing']);
    expect(refusals(feed(payee, [proof(2n * PRICE)]))).toEqual(['channel_closing']);
    expect(gates(feed(payee, [channel(0)]))).toEqual(['open']);
  });

  test('of earlier sessions count as the start, not as credit', () => {
    const payee = new Payee(config({ highest: { cumulative: 50n * PRICE, signature } }));
    expect(gates(feed(payee, [counters(MB + 1)]))).toEqual(['payment_stopped']);
    expect(gates(feed(payee, [proof(51n * PRICE)]))).toEqual(['open']);
  });
});

describe('an under-payer', () => {
  test('that comes again finds its debt, and can still pay itself in', () => {
    const first = new Payee(config());
    feed(first, [counters(1.4 * MB)]);
    expect(first.unpaidBytes).toBe(MAX_CARRIED_BYTES);
    const second = new Payee(config({ unpaidBytes: first.unpaidBytes }));
    expect(gates(feed(second, [counters(MB - MAX_CARRIED_BYTES + 1)]))).toEqual(['payment_stopped']);
    expect(gates(feed(second, [proof(PRICE)]))).toEqual(['open']);
  });

  test('that pays half gets its megabyte once and then what it pays for', () => {
    const payee = new Payee(config());
    let passed = 0;
    for (let i = 1; i <= 40; i++) {
      if (payee.phase === 'open') passed += 200_000;
      feed(payee, [counters(passed), proof((BigInt(i) * PRICE) / 10n)], i * 1000);
    }
    expect(passed).toBeLessThanOrEqual(4 * MB + MB + 400_000);
  });
});

describe('receipts', () => {
  test('come every quarter of a megabyte that the client sends', () => {
    const payee = new Payee(config());
    feed(payee, [counters(0)]);
    expect(feed(payee, [counters(262_143)])).toEqual([]);
    expect(feed(payee, [counters(262_144)]).map((o) => o.type)).toEqual(['receipt']);
  });

  test('come once a second while bytes flow, and not for the bytes of the receipt itself', () => {
    const payee = new Payee(config());
    feed(payee, [counters(0)], 0);
    feed(payee, [counters(400, 500)], 100);
    expect(payee.deadline()).toBeNull();
    feed(payee, [counters(10_000, 500)], 200);
    expect(payee.deadline()?.at).toBe(1000);
    expect(payee.handle({ type: 'tick' }, 1000).map((o) => o.type)).toEqual(['receipt']);
    expect(payee.deadline()).toBeNull();
  });
});

describe('whatever happens', () => {
  const input = fc.oneof(
    fc.tuple(fc.nat(20 * MB), fc.nat(20 * MB)).map(([rx, tx]) => counters(rx, tx)),
    fc
      .tuple(fc.nat(120), fc.nat(30 * MB), fc.constantFrom(SIGNER, SIGNER, OTHER, null))
      .map(([n, rx, signer]) => proof(BigInt(n) * PRICE, rx, signer)),
    fc.constantFrom(channel(0), channel(5)),
  );

  test('only higher proofs by the signer within the deposit are kept, and an open gate means paid for', () => {
    fc.assert(
      fc.property(fc.array(input, { maxLength: 60 }), (inputs) => {
        const payee = new Payee(config());
        let [last, rx, open] = [0n, 0, true];
        for (const [i, one] of inputs.entries()) {
          const outputs = feed(payee, [one], i * 100);
          if (one.type === 'counters') rx = Math.max(rx, one.rxBytes);
          for (const amount of kept(outputs)) {
            expect(one.type === 'proof' && one.signer === SIGNER).toBe(true);
            expect(amount).toBeGreaterThan(last);
            expect(amount).toBeLessThanOrEqual(100n * PRICE);
            last = amount;
          }
          for (const o of outputs) if (o.type === 'gate') open = o.open;
          const paid = Number(last / PRICE) * MB;
          if (open) expect(rx).toBeLessThanOrEqual(paid + MB + Math.min(paid, 32 * MB));
        }
      }),
    );
  });
});

describe('the table', () => {
  const stories: Record<PayeePhase, readonly PayeeInput[]> = {
    open: [],
    gated: [counters(2 * MB)],
    closing: [channel(9)],
  };
  const events: Record<PayeeEvent, PayeeInput> = {
    overrun: counters(2 * MB),
    paid: proof(3n * PRICE),
    closeRequested: channel(9),
    closeCancelled: channel(0),
  };
  const rows = (Object.keys(PAYEE_TRANSITIONS) as PayeePhase[]).flatMap((from) =>
    (Object.keys(events) as PayeeEvent[]).map((event) => ({ from, event, to: PAYEE_TRANSITIONS[from][event] ?? from })),
  );

  test.each(rows)('$from, $event → $to', ({ from, event, to }) => {
    const payee = new Payee(config());
    feed(payee, stories[from]);
    expect(payee.phase).toBe(from);
    feed(payee, [events[event]]);
    // A cancelled close lands in `gated`, and goes on to `open` at once where nothing is owed.
    expect(payee.phase).toBe(event === 'closeCancelled' && from === 'closing' ? PAYEE_TRANSITIONS[to].paid : to);
  });
});
