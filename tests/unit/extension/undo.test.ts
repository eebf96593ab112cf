/** Which steps back are kept. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RouteTable, Rule } from '../../../extension/routing/rules.ts';
import { MAX_KEPT_RULES, MAX_STEPS, type Steps, withStep } from '../../../extension/routing/undo.ts';
import { rule, table } from './tables.ts';

const one = rule('domain', 'one.example', { kind: 'block' });
const of = (rules: number): RouteTable => table({ rules: Array.from({ length: rules }, () => one) });
const grow = (tables: readonly RouteTable[]): Steps => tables.reduce<Steps>(withStep, []);

describe('the steps that can be undone', () => {
  test('are the last ones, newest last', () => {
    const tables = Array.from({ length: MAX_STEPS + 5 }, (_, n) => of(n));
    expect(grow(tables)).toEqual(tables.slice(5));
  });

  test('hold no more than so many rules together, but always the last change', () => {
    const half = of(MAX_KEPT_RULES / 2);
    expect(grow([half, half, half])).toEqual([half, half]);
    const huge = of(MAX_KEPT_RULES + 1);
    expect(grow([half, huge])).toEqual([huge]);
    expect(grow([huge, half])).toEqual([half]);
  });

  test('are, whatever was changed, an unbroken row that ends with the last change', () => {
    const sizes = fc.array(fc.integer({ min: 0, max: MAX_KEPT_RULES }), { minLength: 1, maxLength: 40 });
    const empty = (rules: number) => table({ rules: new Array<Rule>(rules) });
    fc.assert(
      fc.property(sizes, (all) => {
        const tables = all.map(empty);
        const kept = grow(tables);
        expect(kept.every((step, at) => step === tables.at(at - kept.length))).toBe(true);
        expect(kept.length).toBeGreaterThan(0);
        expect(kept.length).toBeLessThanOrEqual(MAX_STEPS);
        const held = kept.reduce((sum, { rules }) => sum + rules.length, 0);
        expect(kept.length === 1 || held <= MAX_KEPT_RULES).toBe(true);
      }),
    );
  });
});
