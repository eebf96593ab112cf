import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evenShare, FairShare } from '../../../provider/fair-share.ts';

describe('the even share of a line', () => {
  it('gives those who want little all of it, and divides the rest', () => {
    expect(evenShare([10, 10, 500, 500], 1000)).toBe(490);
    expect(evenShare([900, 50, 50], 1000)).toBe(900);
    expect(evenShare([400, 400, 400], 900)).toBe(300);
  });

  it('is nothing for one client alone, or where nobody wants so much', () => {
    expect(evenShare([1000], 1000)).toBeNull();
    expect(evenShare([], 1000)).toBeNull();
    expect(evenShare([100, 100], 1000)).toBeNull();
  });

  it('never promises more than the line has, and never less than an even part', () => {
    const rates = fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 2, maxLength: 50 });
    fc.assert(
      fc.property(rates, fc.integer({ min: 100, max: 10_000 }), (rates, capacity) => {
        const share = evenShare(rates, capacity);
        if (share === null) return;
        expect(share).toBeGreaterThanOrEqual(capacity / rates.length - 1e-6);
        expect(rates.reduce((sum, rate) => sum + Math.min(rate, share), 0)).toBeLessThanOrEqual(capacity + 1e-6);
      }),
    );
  });
});

describe('sharing', () => {
  const OPTIONS = { capacityKbps: 100_000, perClientKbps: 0 };

  it('begins when the line is full, and ends when it is quiet again', () => {
    const share = new FairShare();
    expect(share.handle([40_000, 30_000], OPTIONS, 0)).toBe(false);
    expect(share.handle([80_000, 15_000], OPTIONS, 1_000)).toBe(true);
    // One wants a little, the other the rest of the line and a tenth to show that it wants more.
    expect(share.limit).toBe(93_500);
    expect(share.handle([50_000, 50_000], OPTIONS, 2_000)).toBe(false);
    expect(share.handle([50_000, 50_000], OPTIONS, 7_000)).toBe(true);
    expect(share.limit).toBe(55_000);
    // Who takes all that it may is taken to want more.
    expect(share.handle([50_000, 15_000], OPTIONS, 13_000)).toBe(true);
    expect(share.limit).toBe(93_500);
    expect(share.handle([20_000, 15_000], OPTIONS, 20_000)).toBe(true);
    expect(share.limit).toBeNull();
  });

  it('leaves it at the limit of the owner where that is lower', () => {
    const share = new FairShare();
    expect(share.handle([48_000, 48_000], { ...OPTIONS, perClientKbps: 20_000 }, 0)).toBe(false);
    expect(share.limit).toBeNull();
  });
});
