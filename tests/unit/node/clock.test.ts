import { describe, expect, test } from 'vitest';
import { createClock } from '../../../shared/node/clock.ts';

describe('the clock', () => {
  const times = { wall: 1_000_000, monotonic: 50 };
  const pass = (wall: number, monotonic: number) => {
    times.wall += wall;
    times.monotonic += monotonic;
  };
  const clock = createClock(
    () => times.wall,
    () => times.monotonic,
  );

  test('tells the time of day as it passes, and does not mind a small drift', () => {
    expect(clock.now()).toBe(1_000_000);
    pass(1_400, 1_000);
    expect(clock.now()).toBe(1_001_000);
  });

  test('follows the wall clock over a sleep, in which monotonic time stands still', () => {
    pass(3_600_000, 0);
    expect(clock.now()).toBe(times.wall);
    pass(500, 500);
    expect(clock.now()).toBe(times.wall);
  });

  test('goes on forwards when the wall clock is set back', () => {
    const before = clock.now();
    pass(-86_400_000, 10);
    expect(clock.now()).toBe(before + 10);
  });
});
