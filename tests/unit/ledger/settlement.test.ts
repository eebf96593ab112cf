import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decideSettlement,
  GAS_PER_CHANNEL,
  GAS_PER_CLAIM,
  MAX_BATCH,
  type Owed,
  unclaimed,
} from '../../../shared/machine/settlement.ts';

const MYST = 10n ** 18n;
const POLICY = { maxFeeBasisPoints: 200, maxUnclaimed: 5n * MYST };
/** Fee of a single claim: 0.0517 MYST. */
const COSTS = { tokenPerGas: 10n ** 12n };
const FEE = (GAS_PER_CLAIM + GAS_PER_CHANNEL) * COSTS.tokenPerGas;

function owed(part: Partial<Owed> = {}): Owed {
  return { id: 'a', signed: MYST, claimed: 0n, deposit: 10n * MYST, closeAt: 0, ...part };
}

const decide = (channels: readonly Owed[], shutdown = false) =>
  decideSettlement(channels, COSTS, { policy: POLICY, shutdown });

describe('what a channel owes', () => {
  test('is what is signed beyond what was claimed, never beyond the deposit, never negative', () => {
    expect(unclaimed(owed({ claimed: MYST / 4n }))).toBe((3n * MYST) / 4n);
    expect(unclaimed(owed({ signed: 20n * MYST, claimed: MYST }))).toBe(9n * MYST);
    expect(unclaimed(owed({ claimed: 2n * MYST }))).toBe(0n);
  });
});

describe('when to claim', () => {
  test('waits while the fee is above two per cent of the value', () => {
    expect(decide([owed({ signed: FEE * 50n - 1n })])).toEqual([]);
  });

  test('claims as soon as the fee is at most two per cent', () => {
    expect(decide([owed({ signed: FEE * 50n })])).toEqual([{ reason: 'worthwhile', ids: ['a'], value: FEE * 50n }]);
  });

  test('several channels share one fee, so they become worthwhile sooner', () => {
    const each = owed({ signed: FEE * 25n });
    expect(decide([each])).toEqual([]);
    expect(
      decide([
        { ...each, id: 'a' },
        { ...each, id: 'b' },
        { ...each, id: 'c' },
        { ...each, id: 'd' },
      ]),
    ).toMatchObject([{ reason: 'worthwhile' }]);
  });

  test('claims above the cap whatever the share of the fee', () => {
    const dear = { tokenPerGas: COSTS.tokenPerGas * 10n };
    const channel = owed({ signed: 5n * MYST + 1n });
    expect(decideSettlement([channel], dear, { policy: POLICY })).toMatchObject([{ reason: 'cap' }]);
    expect(decideSettlement([owed({ signed: 5n * MYST })], dear, { policy: POLICY })).toEqual([]);
  });

  test('claims at once when the payer gave notice', () => {
    expect(decide([owed({ signed: FEE + 1n, closeAt: 1_800_000_000 })])).toMatchObject([{ reason: 'closing' }]);
  });

  test('claims at shutdown', () => {
    expect(decide([owed({ signed: FEE + 1n })], true)).toMatchObject([{ reason: 'shutdown' }]);
  });

  test('never spends more than it brings, not even when closing or at shutdown', () => {
    expect(decide([owed({ signed: FEE, closeAt: 1 })], true)).toEqual([]);
    expect(decide([owed({ signed: 0n, closeAt: 1 })], true)).toEqual([]);
  });

  test('where gas is free, everything that is owed is worthwhile and nothing else', () => {
    const free = { tokenPerGas: 0n };
    expect(decideSettlement([owed({ signed: 1n })], free)).toMatchObject([{ reason: 'worthwhile', value: 1n }]);
    expect(decideSettlement([owed({ signed: 0n })], free)).toEqual([]);
  });

  test('a closing channel takes along others that pay for themselves, and leaves out those that do not', () => {
    const perChannel = GAS_PER_CHANNEL * COSTS.tokenPerGas;
    const [batch] = decide([
      owed({ id: 'dust', signed: perChannel }),
      owed({ id: 'small', signed: perChannel + 1n }),
      owed({ id: 'closing', signed: MYST, closeAt: 9 }),
    ]);
    expect(batch?.ids).toEqual(['closing', 'small']);
  });
});

describe('batches', () => {
  test('hold at most 200 channels, the ones that close first in front', () => {
    const many = Array.from({ length: 450 }, (_, i) => owed({ id: `${i}`, signed: MYST + BigInt(i) }));
    const batches = decide([...many, owed({ id: 'late', closeAt: 20 }), owed({ id: 'soon', closeAt: 10 })]);
    expect(batches.map((batch) => batch.ids.length)).toEqual([MAX_BATCH, MAX_BATCH, 52]);
    expect(batches[0]).toMatchObject({ reason: 'closing' });
    expect(batches[0]?.ids.slice(0, 3)).toEqual(['soon', 'late', '449']);
  });

  test('name each channel at most once, and always bring more than they cost', () => {
    const amounts = fc.bigInt({ min: 0n, max: 20n * MYST });
    const channels = fc.array(
      fc.record({ signed: amounts, claimed: amounts, deposit: amounts, closeAt: fc.nat({ max: 3 }) }),
      { maxLength: 500 },
    );
    fc.assert(
      fc.property(channels, fc.bigInt({ min: 0n, max: 10n ** 14n }), fc.boolean(), (list, tokenPerGas, shutdown) => {
        const named = list.map((channel, i) => ({ ...channel, id: `${i}` }));
        const batches = decideSettlement(named, { tokenPerGas }, { policy: POLICY, shutdown });
        const ids = batches.flatMap((batch) => batch.ids);
        expect(new Set(ids).size).toBe(ids.length);
        for (const batch of batches) {
          const fee = (GAS_PER_CLAIM + GAS_PER_CHANNEL * BigInt(batch.ids.length)) * tokenPerGas;
          expect(batch.value > fee).toBe(true);
        }
      }),
    );
  });
});
