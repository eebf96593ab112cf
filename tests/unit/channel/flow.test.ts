import { describe, expect, test } from 'vitest';
import { bytesFor, costOf } from '../../../shared/machine/channel/amounts.ts';
import { Flow, MAX_WINDOW_BYTES } from '../../../shared/machine/channel/flow.ts';

describe('the window', () => {
  test('is two round trips and one look at the present rate', () => {
    const flow = new Flow(50);
    flow.sample(0, 0);
    flow.sample(200_000, 100);
    expect(flow.window).toBe(400_000);
    flow.roundTripMs = 0;
    expect(flow.window).toBe(200_000);
  });

  test('halves in ten quiet seconds and never grows without bytes', () => {
    const flow = new Flow(50);
    flow.sample(0, 0);
    flow.sample(200_000, 100);
    const first = flow.window;
    for (let now = 200; now <= 10_100; now += 100) flow.sample(200_000, now);
    expect(flow.window).toBeGreaterThan(first * 0.49);
    expect(flow.window).toBeLessThan(first * 0.51);
  });

  test('takes a few packets in a short span for no fast line', () => {
    const flow = new Flow(50);
    flow.sample(0, 0);
    flow.sample(60_000, 1);
    expect(flow.window).toBe(0);
    flow.sample(60_000, 100);
    expect(flow.window).toBe(120_000);
  });

  test('is bounded, and a counter that falls back is no rate', () => {
    const flow = new Flow(10_000);
    flow.sample(0, 0);
    flow.sample(1e12, 100);
    expect(flow.window).toBe(MAX_WINDOW_BYTES);
    const falling = new Flow(100);
    falling.sample(1_000, 0);
    falling.sample(0, 100);
    expect(falling.window).toBe(0);
  });
});

describe('amounts', () => {
  test('are exact beyond the range of floating point, and rounded up to a wei', () => {
    expect(costOf(1, 1n)).toBe(1n);
    expect(costOf(0, 5n)).toBe(0n);
    expect(costOf(1_000_001, 10n ** 24n)).toBe(10n ** 24n + 10n ** 18n);
    expect(bytesFor(10n ** 24n, 10n ** 24n)).toBe(1_000_000);
    expect(bytesFor(0n, 0n)).toBe(Number.POSITIVE_INFINITY);
  });

  test('pay for at least the bytes that they were made for', () => {
    for (const bytes of [1, 999_999, 1_000_000, 123_456_789])
      for (const price of [1n, 7n, 10n ** 14n + 3n])
        expect(bytesFor(costOf(bytes, price), price)).toBeGreaterThanOrEqual(bytes);
  });
});
