import { describe, expect, test } from 'vitest';
import type { Ms } from '../../../shared/base/units.ts';
import { Consent } from '../../../shared/machine/traversal/consent.ts';
import { ANSWER_WITHIN, LONGEST_OUTAGE, Outage } from '../../../shared/machine/traversal/outage.ts';

const LOST_AFTER = 7_300;

/** Ticks at every deadline until `until`; what was put out, and when. */
function run(outage: Outage, until: Ms): readonly (readonly [Ms, string])[] {
  const seen: (readonly [Ms, string])[] = [];
  for (let due = outage.deadline(); due && due.at <= until; due = outage.deadline())
    for (const output of outage.handle({ type: 'tick' }, due.at))
      seen.push([due.at, output.type === 'ask' ? 'ask' : `offline ${output.offline}`]);
  return seen;
}

describe('an outage', () => {
  test('is none when a STUN server answers: then it is the peer that is silent', () => {
    const outage = new Outage();
    expect(outage.handle({ type: 'silent' }, 0)).toEqual([{ type: 'ask' }]);
    expect(outage.handle({ type: 'heard' }, ANSWER_WITHIN - 1)).toEqual([]);
    expect(outage.deadline()).toBeNull();
  });

  test('is one when nobody answers, and the servers are asked until one does', () => {
    const outage = new Outage();
    outage.handle({ type: 'silent' }, 0);
    const seen = run(outage, 10_000);
    expect(seen[0]).toEqual([ANSWER_WITHIN, 'offline true']);
    const asked = seen.filter(([, what]) => what === 'ask').map(([at]) => at);
    for (const [i, at] of asked.slice(1).entries()) expect(at - (asked[i] ?? 0)).toBeLessThanOrEqual(800);
    expect(outage.handle({ type: 'heard' }, 10_001)).toEqual([{ type: 'offline', offline: false }]);
  });

  test('is not believed in for ever, nor begun anew before somebody was heard', () => {
    const outage = new Outage();
    outage.handle({ type: 'silent' }, 0);
    expect(run(outage, 2 * LONGEST_OUTAGE).at(-1)?.[1]).toBe('offline false');
    expect(outage.handle({ type: 'silent' }, 2 * LONGEST_OUTAGE)).toEqual([]);
    outage.handle({ type: 'heard' }, 2 * LONGEST_OUTAGE);
    expect(outage.handle({ type: 'silent' }, 2 * LONGEST_OUTAGE)).toEqual([{ type: 'ask' }]);
  });
});

/** Ticks a consent whose peer answers as told; the times at which it was asked, suspected and lost. */
function watch(consent: Consent, from: Ms, until: Ms, answers: (now: Ms) => boolean) {
  const seen = { asked: [] as Ms[], unsure: null as Ms | null, suspect: null as Ms | null, lost: null as Ms | null };
  for (let due = consent.deadline(); due.at <= until; due = consent.deadline()) {
    const now = Math.max(due.at, from);
    const { ask, turned } = consent.tick(now);
    if (turned) seen[turned] = now;
    if (turned === 'lost') break;
    if (!ask) continue;
    seen.asked.push(now);
    if (!answers(now)) continue;
    consent.heard(now);
    consent.answered(now, 0);
  }
  return seen;
}

describe('consent', () => {
  test('asked because nothing comes back, it is suspect after three tries, or well after one answer', () => {
    const silent = new Consent(0, LOST_AFTER, 0);
    silent.probe(1_000, 50);
    const doubted = watch(silent, 1_000, 2_000, () => false);
    expect(doubted.unsure).toBeLessThanOrEqual(1_150);
    expect(doubted.suspect).toBeLessThanOrEqual(1_400);
    const well = new Consent(0, LOST_AFTER, 0);
    well.probe(1_000, 50);
    const { asked, unsure, suspect } = watch(well, 1_000, 4_500, () => true);
    expect(asked).toEqual([1_000]);
    expect([unsure, suspect]).toEqual([null, null]);
  });

  test('is given up by nobody while our own network is down, and in good time once it is back', () => {
    const consent = new Consent(0, LOST_AFTER, 0);
    watch(consent, 0, 7_000, () => false);
    consent.hold(true, 7_000);
    expect(watch(consent, 7_000, 60_000, () => false).lost).toBeNull();
    consent.hold(false, 60_000);
    const { asked, lost } = watch(consent, 60_000, 80_000, () => false);
    expect(asked[0]).toBe(60_000);
    expect(lost).toBe(65_000);
  });

  test('after a sleep the peer is asked at once, not given up for its silence', () => {
    const consent = new Consent(0, LOST_AFTER, 0);
    const { asked, lost } = watch(consent, 60_000, 62_000, () => true);
    expect(asked[0]).toBe(60_000);
    expect(lost).toBeNull();
  });

  test('where routers forget within two seconds it is asked more often, on the next pair too', () => {
    const consent = new Consent(0, LOST_AFTER, 0);
    let heardAt = 0;
    const forgets = (now: Ms) => {
      const passes = now - heardAt <= 2_000 || (now - heardAt) % 4_000 >= 500;
      if (passes) heardAt = now;
      return passes;
    };
    const { asked, suspect } = watch(consent, 0, 60_000, forgets);
    expect(suspect).toBeNull();
    expect(consent.forgetful).toBe(true);
    const last = asked.slice(-10);
    for (const [i, at] of last.slice(1).entries()) expect(at - (last[i] ?? 0)).toBeLessThan(2_000);
    expect(new Consent(60_000, LOST_AFTER, 255, consent).deadline().at).toBeLessThanOrEqual(61_500);
  });

  test('a peer that asks itself is asked every 15 s, and as soon as ever once it falls silent', () => {
    const consent = new Consent(0, LOST_AFTER, 0);
    const asked: Ms[] = [];
    for (let now = 4_500; now <= 60_000; now += 4_500) {
      asked.push(...watch(consent, 0, now, () => true).asked);
      consent.heard(now, true);
    }
    expect(asked.length).toBeGreaterThanOrEqual(3);
    for (const [i, at] of asked.slice(1).entries()) expect(at - (asked[i] ?? 0)).toBeGreaterThan(14_000);
    const silent = watch(consent, 0, 120_000, () => false);
    expect(silent.asked.filter((at) => at < (silent.suspect ?? 0)).length).toBeGreaterThanOrEqual(2);
    expect((silent.suspect ?? 0) - 58_500).toBeLessThanOrEqual(6_500);
  });

  test('one lost packet now and then makes nobody ask more often', () => {
    const consent = new Consent(0, LOST_AFTER, 0);
    let n = 0;
    watch(consent, 0, 120_000, () => ++n % 5 !== 0);
    expect(consent.forgetful).toBe(false);
  });
});
