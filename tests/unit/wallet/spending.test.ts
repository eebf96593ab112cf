/** What was spent, and when: every wei is counted once, whoever tells of it first. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { channelSpent, channelState, countdown } from '../../../extension/wallet/channel-state.ts';
import { dayOf, NOTHING_SPENT, noteClaimed, noteSigned, spentIn } from '../../../extension/wallet/spending.ts';

const TODAY = '2026-11-25';

describe('spending', () => {
  test('counts each rise on the day on which it was seen', () => {
    let spending = noteSigned(NOTHING_SPENT, 'a', 5n, 5n, '2026-11-24');
    spending = noteSigned(spending, 'a', 8n, 8n, TODAY);
    expect(spentIn(spending, TODAY)).toEqual({ amount: 3n, estimated: 0n });
    expect(spentIn(spending, '2026-11')).toEqual({ amount: 8n, estimated: 0n });
    expect(spentIn(spending, '2026-12')).toEqual({ amount: 0n, estimated: 0n });
  });

  test('of a channel never seen before only the session counts', () => {
    expect(spentIn(noteSigned(NOTHING_SPENT, 'a', 100n, 4n, TODAY), TODAY)).toEqual({ amount: 4n, estimated: 0n });
  });

  test('what was signed unseen counts when it is claimed, and says so', () => {
    const seen = noteSigned(NOTHING_SPENT, 'a', 5n, 5n, '2026-11-24');
    const spending = noteClaimed(seen, 'a', 9n, TODAY);
    expect(spentIn(spending, TODAY)).toEqual({ amount: 4n, estimated: 4n });
    expect(noteClaimed(spending, 'a', 9n, TODAY)).toBe(spending);
  });

  test('each wei once, in whatever order signatures and claims are told', () => {
    const step = fc.record({
      claimed: fc.boolean(),
      total: fc.bigInt(0n, 1_000n),
      day: fc.constantFrom('2026-11-01', TODAY),
    });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        let spending = noteSigned(NOTHING_SPENT, 'a', 1n, 1n, TODAY);
        let highest = 1n;
        for (const { claimed, total, day } of steps) {
          spending = claimed ? noteClaimed(spending, 'a', total, day) : noteSigned(spending, 'a', total, total, day);
          if (total > highest) highest = total;
        }
        expect(spentIn(spending, '2026-11').amount).toBe(highest);
      }),
    );
  });

  test('a day is the user’s', () => {
    expect(dayOf(Date.UTC(2026, 10, 25, 23, 30), 0)).toBe(TODAY);
    expect(dayOf(Date.UTC(2026, 10, 25, 23, 30), -60)).toBe('2026-11-26');
    expect(dayOf(Date.UTC(2026, 10, 25, 0, 30), 60)).toBe('2026-11-24');
  });
});

describe('a deposit', () => {
  const facts = { exists: true, deposit: 10n, claimed: 4n, closeAt: 0, graceMinutes: 60, epoch: 0 };

  test.each([
    ['nobody has asked', undefined, 'unread'],
    ['there is no such channel', { ...facts, exists: false }, 'opening'],
    ['it pays', facts, 'open'],
    ['notice was given', { ...facts, closeAt: 101 }, 'closing'],
    ['the grace is over', { ...facts, closeAt: 100 }, 'due'],
    ['nothing is left', { ...facts, deposit: 4n }, 'settled'],
  ])('stands where it should when %s', (_, read, state) => {
    expect(channelState(read, 100)).toBe(state);
  });

  test('is spent by what was claimed or signed, whichever is more, and never beyond itself', () => {
    expect([0n, 4n, 7n, 99n].map((signed) => channelSpent(facts, signed))).toEqual([4n, 4n, 7n, 10n]);
  });

  test('its time left is rounded up to a second, and is nothing only when it is free', () => {
    expect(countdown(90_061, 0)).toEqual({ days: 1, hours: 1, minutes: 1, seconds: 1 });
    expect(countdown(10, 9_001)).toMatchObject({ seconds: 1 });
    expect(countdown(10, 10_000)).toMatchObject({ days: 0, hours: 0, minutes: 0, seconds: 0 });
    expect(countdown(10, 99_000)).toMatchObject({ seconds: 0 });
  });
});
