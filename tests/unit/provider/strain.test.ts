/** A node that does not keep up takes nobody more; one pause, or a night's sleep of the machine, is no reason. */
import { describe, expect, it } from 'vitest';
import { LOOK_MS, Strain, watchStrain } from '../../../provider/strain.ts';
import { createFakeClock } from '../../fakes/clock.ts';

const ranWith = (lates: readonly number[]): Strain => {
  const strain = new Strain();
  for (const late of lates) strain.handle(late);
  return strain;
};
const for10s = (late: number): number[] => Array.from({ length: 10_000 / LOOK_MS }, () => late);

describe('a node', () => {
  it.each<[boolean, string, readonly number[]]>([
    [false, 'that is in time', for10s(0)],
    [false, 'on a busy machine, whose timers are a little late', for10s(200)],
    [false, 'that stood still for two seconds', [...for10s(2), 2_000, ...for10s(2)]],
    [false, 'whose machine slept for a night', [...for10s(2), 8 * 3_600_000, 5]],
    [true, 'that is always late', for10s(500)],
    [true, 'that stands still again and again', [2_000, 2_000, 2_000, 2_000, 2_000]],
  ])('strained: %s: one %s', (strained, _, lates) => {
    expect(ranWith(lates).strained).toBe(strained);
  });

  it('is strained until it is well again, not merely better', () => {
    expect(ranWith([...for10s(500), ...for10s(200)]).strained).toBe(true);
    expect(ranWith([...for10s(500), ...for10s(200), ...for10s(5)]).strained).toBe(false);
  });
});

it('looks at its own timers, and says when it begins and when it ends', () => {
  const clock = createFakeClock();
  const said: boolean[] = [];
  let busy = 0;
  const late = {
    ...clock,
    now: () => clock.now(),
    after: (delay: number, run: () => void) => clock.after(delay + busy, run),
  };
  const strain = watchStrain(late, ({ strained }) => said.push(strained));
  clock.advance(10_000);
  busy = 600;
  clock.advance(40_000);
  expect(said).toEqual([true]);
  busy = 0;
  clock.advance(20_000);
  expect(said).toEqual([true, false]);
  strain.stop();
  busy = 600;
  clock.advance(60_000);
  expect(said).toEqual([true, false]);
});
