import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PathMtu } from '../../../shared/machine/traversal/path-mtu.ts';

const ROUTE = '192.0.2.1 198.51.100.1';
/** What WireGuard adds to a packet of the tunnel, before UDP and IP. */
const WIREGUARD = 32;
const RTT = 40;

/** Runs the machine on a path that carries packets of the tunnel up to `carries` bytes; says what it sent. */
function run(machine: PathMtu, carries: (now: number) => number, from: number, until: number) {
  const sent: { at: number; bytes: number }[] = [];
  let now = from;
  for (let at = machine.deadline()?.at; at !== undefined && at <= until; at = machine.deadline()?.at) {
    now = Math.max(now, at);
    const bytes = machine.due(now);
    if (bytes === null) continue;
    sent.push({ at: now, bytes });
    if (bytes - WIREGUARD <= carries(now)) machine.answered(bytes, now + RTT);
  }
  return sent;
}

function started(carries: number, until = 60_000) {
  const machine = new PathMtu();
  machine.use(ROUTE, 0);
  return { machine, sent: run(machine, () => carries, 0, until) };
}

describe('the search', () => {
  test.each([
    [9_000, 1_420],
    [1_420, 1_420],
    [1_419, 1_400],
    [1_380, 1_372],
    [1_340, 1_340],
    [1_339, 1_280],
    [1_280, 1_280],
  ])('a path that carries %i is used with %i', (carries, proven) => {
    expect(started(carries).machine.proven).toBe(proven);
  });

  test('never asks more than once a second, three times a size, nor before the connection stands', () => {
    const { sent } = started(1_280);
    expect(sent.map(({ bytes }) => bytes - WIREGUARD)).toEqual([1_420, 1_400, 1_372, 1_340].flatMap((s) => [s, s, s]));
    expect(sent[0]?.at).toBeGreaterThanOrEqual(1_000);
    for (const [i, { at }] of sent.entries())
      if (i > 0) expect(at - (sent[i - 1]?.at ?? 0)).toBeGreaterThanOrEqual(1_000);
  });

  test('packets are whole STUN messages: multiples of four', () => {
    for (const { bytes } of started(1_280).sent) expect(bytes % 4).toBe(0);
  });

  test('a single lost question changes nothing', () => {
    const machine = new PathMtu();
    machine.use(ROUTE, 0);
    run(machine, (now) => (now < 2_000 ? 0 : 1_420), 0, 10_000);
    expect(machine.proven).toBe(1_420);
  });

  test('an answer to what was not asked is none', () => {
    const machine = new PathMtu();
    machine.answered(1_452, 0);
    machine.use(ROUTE, 0);
    machine.due(1_000);
    machine.answered(1_400, 1_010);
    expect(machine.proven).toBe(1_280);
  });
});

describe('later', () => {
  test('a path that comes to carry less is noticed within 35 s, and used again once it carries more', () => {
    const { machine } = started(1_420, 20_000);
    run(machine, () => 1_280, 20_000, 55_000);
    expect(machine.proven).toBe(1_280);
    run(machine, () => 1_420, 55_000, 100_000);
    expect(machine.proven).toBe(1_420);
  });

  test('a narrow path is asked for more every ten minutes, not more often', () => {
    const { machine } = started(1_280, 60_000);
    expect(run(machine, () => 1_280, 60_000, 599_000)).toEqual([]);
    run(machine, () => 1_420, 599_000, 620_000);
    expect(machine.proven).toBe(1_420);
  });

  test('another port of the same homes keeps what is proven, another address does not', () => {
    const { machine } = started(1_420, 20_000);
    machine.use(ROUTE, 20_000);
    expect(machine.proven).toBe(1_420);
    machine.use('192.0.2.1 203.0.113.9', 21_000);
    expect(machine.proven).toBe(1_280);
  });

  test('on a relay nothing is asked', () => {
    const { machine } = started(1_420, 20_000);
    machine.changed();
    machine.use(null, 20_000);
    expect(machine.changed()).toBe(true);
    expect(machine.proven).toBe(1_280);
    expect(machine.deadline()).toBeNull();
    expect(machine.due(90_000)).toBeNull();
  });

  test('whatever is lost and whenever, nothing is used that never came through', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 100, maxLength: 100 }), (passes) => {
        const machine = new PathMtu();
        machine.use(ROUTE, 0);
        const through = new Set([1_280]);
        let turn = 0;
        for (let now = 0; now < 100_000; now = machine.deadline()?.at ?? 100_000) {
          const bytes = machine.due(now);
          if (bytes === null || !passes[turn++ % passes.length]) continue;
          through.add(bytes - WIREGUARD);
          machine.answered(bytes, now);
          expect(through).toContain(machine.proven);
        }
      }),
    );
  });
});
