import { describe, expect, test } from 'vitest';
import { DOUBT, Doubt } from '../../../shared/machine/tunnel/doubt.ts';

const counters = (rxBytes: number, txBytes: number) => ({ handshakeAt: 1, rxBytes, txBytes });

describe('what a node makes of a peer that it keeps no tunnel machine for', () => {
  test('bytes that come are a sign of life', () => {
    const doubt = new Doubt();
    expect(doubt.sample(counters(0, 0), 0)).toBeNull();
    expect(doubt.sample(counters(100, 0), 150)).toBe('heard');
    expect(doubt.sample(counters(100, 0), 300)).toBeNull();
  });

  test('sending again and again without an answer is a reason to ask, and then not at every look', () => {
    const doubt = new Doubt();
    doubt.sample(counters(100, 100), 0);
    const said: (string | null)[] = [];
    for (let at = 150; at <= 2 * DOUBT; at += 150) said.push(doubt.sample(counters(100, 100 + at), at));
    expect(said.filter((one) => one === 'doubt')).toHaveLength(1);
    expect(said.indexOf('doubt') * 150).toBeGreaterThanOrEqual(DOUBT - 150);
  });

  test('a download that breaks off is one too, silence of an idle peer is none', () => {
    const busy = new Doubt();
    busy.sample(counters(100, 0), 0);
    busy.sample(counters(1_000_000, 0), 50);
    expect(busy.sample(counters(1_000_000, 0), 60 + DOUBT)).toBe('doubt');
    const last = new Doubt();
    last.sample(counters(100, 0), 0);
    last.sample(counters(10_000, 0), 150);
    last.sample(counters(10_050, 0), 300);
    expect(last.sample(counters(10_050, 0), 310 + DOUBT)).toBe('doubt');
    const small = new Doubt();
    small.sample(counters(100, 0), 0);
    for (const at of [100, 200]) small.sample(counters(100 + at, 0), at);
    expect(small.sample(counters(300, 0), 210 + DOUBT)).toBe('doubt');
    const idle = new Doubt();
    idle.sample(counters(100, 0), 0);
    for (let at = 20_000, rx = 132; at < 60_000; at += 20_000, rx += 32) idle.sample(counters(rx, 0), at);
    expect(idle.sample(counters(164, 0), 59_000)).toBeNull();
    expect(idle.sample(counters(164, 0), 80_000)).toBeNull();
  });
});
