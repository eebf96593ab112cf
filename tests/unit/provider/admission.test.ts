import { describe, expect, it } from 'vitest';
import { refusalOf } from '../../../provider/admission.ts';

const RULES = { pricePerMB: 100n, minGraceMinutes: 60, signed: 0n };
const CHANNEL = { exists: true, deposit: 1000n, claimed: 0n, closeAt: 0, graceMinutes: 1440, epoch: 0 };

describe('admission of a client by its channel', () => {
  it('takes an open channel with a megabyte left', () => {
    expect(refusalOf(CHANNEL, RULES)).toBeNull();
    expect(refusalOf({ ...CHANNEL, claimed: 900n, graceMinutes: 60 }, RULES)).toBeNull();
  });

  it('counts what was signed and not yet claimed as spent', () => {
    expect(refusalOf(CHANNEL, { ...RULES, signed: 900n })).toBeNull();
    expect(refusalOf(CHANNEL, { ...RULES, signed: 901n })?.code).toBe('channel_unfunded');
  });

  it.each([
    ['a missing channel', { exists: false, deposit: 0n }, 'channel_missing'],
    ['a closing channel, however rich', { closeAt: 1_800_000_000 }, 'channel_closing'],
    ['a short notice', { graceMinutes: 59 }, 'channel_grace_short'],
    ['a deposit one wei short of a megabyte', { claimed: 901n }, 'channel_unfunded'],
    ['an empty deposit', { deposit: 0n }, 'channel_unfunded'],
  ])('refuses %s with its own code', (_, change, code) => {
    expect(refusalOf({ ...CHANNEL, ...change }, RULES)?.code).toBe(code);
  });
});
