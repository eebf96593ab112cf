/** When ports are changed and closed, and when the tunnel follows: on a clock that a test steers. */
import { describe, expect, test } from 'vitest';
import type { BaseId, CandidatePair } from '../../../shared/machine/traversal/api.ts';
import { DEAD_LIMIT, Handover, READY_LIMIT, SILENT_LIMIT } from '../../../shared/machine/traversal/handover.ts';
import { parseInterval } from '../../../shared/machine/traversal/interval.ts';
import { GRACE, MAX_OLD, MOVE_LIMIT, Rotation } from '../../../shared/machine/traversal/rotation.ts';

/** Drawn in the middle: every pause is 600 s. */
const options = {
  interval: { min: 300_000, max: 900_000 },
  base: 'main',
  random: (length: number) => new Uint8Array(length).fill(128),
};
const used = (...bases: readonly BaseId[]) => ({ type: 'used', bases: new Set(bases) }) as const;
const tick = { type: 'tick' } as const;

function rotated(machine: Rotation, base: BaseId, at: number): void {
  expect(machine.handle(tick, at)).toContainEqual({ type: 'open', base });
  machine.handle({ type: 'opened' }, at);
}

describe('the rotation of a client', () => {
  const start = () => {
    const machine = new Rotation({ ...options, shared: false });
    machine.handle({ type: 'start' }, 0);
    return machine;
  };

  test('rests between the bounds, and not before the tunnel stands', () => {
    expect(new Rotation({ ...options, shared: false }).deadline()).toBeNull();
    for (const draw of [0, 255]) {
      const machine = new Rotation({ ...options, shared: false, random: (n) => new Uint8Array(n).fill(draw) });
      machine.handle({ type: 'start' }, 0);
      expect(machine.deadline()?.at).toBe(draw === 0 ? 300_000 : 900_000);
    }
  });

  test('opens a port, has the path moved, and closes the old one after its grace', () => {
    const machine = start();
    const at = machine.deadline()?.at ?? 0;
    expect(machine.handle(tick, at)).toEqual([{ type: 'open', base: 'p1' }]);
    expect(machine.handle({ type: 'opened' }, at + 40)).toEqual([{ type: 'move', base: 'p1' }]);
    expect(machine.handle(used('p1'), at + 80)).toEqual([{ type: 'moved', base: 'p1', from: 'main' }]);
    expect(machine.handle(tick, at + 79 + GRACE)).toEqual([]);
    expect(machine.handle(tick, at + 80 + GRACE)).toEqual([{ type: 'close', base: 'main' }]);
    expect(machine.state).toBe('resting');
  });

  test('gives the new port up where the path does not follow, and stays on the old one', () => {
    const machine = start();
    const at = machine.deadline()?.at ?? 0;
    rotated(machine, 'p1', at);
    expect(machine.handle(used('relay-1'), at + 100)).toEqual([]);
    expect(machine.handle(tick, at + MOVE_LIMIT)).toEqual([{ type: 'close', base: 'p1' }]);
    expect(machine.handle(tick, at + MOVE_LIMIT + GRACE)).toEqual([]);
    expect(machine.deadline()?.why).toBe('move to another port');
  });

  test('a port that can not be opened costs nothing but the turn', () => {
    const machine = start();
    const at = machine.deadline()?.at ?? 0;
    machine.handle(tick, at);
    expect(machine.handle({ type: 'failed' }, at)).toEqual([]);
    expect(machine.deadline()?.at).toBeGreaterThan(at + 300_000);
  });

  test('faster than the grace, it keeps no more than a few old ports', () => {
    const machine = new Rotation({ ...options, interval: { min: 100, max: 100 }, shared: false });
    machine.handle({ type: 'start' }, 0);
    const closed: BaseId[] = [];
    let open = 1;
    for (let n = 1; n <= 20; n++) {
      const out = machine.handle(tick, n * 100);
      for (const output of out) if (output.type === 'close') closed.push(output.base);
      open += 1 - out.filter(({ type }) => type === 'close').length;
      machine.handle({ type: 'opened' }, n * 100);
      machine.handle(used(`p${n}`), n * 100);
      expect(open).toBeLessThanOrEqual(MAX_OLD + 1);
    }
    expect(closed.slice(0, 3)).toEqual(['main', 'p1', 'p2']);
  });
});

describe('the rotation of a provider', () => {
  const start = () => {
    const machine = new Rotation({ ...options, interval: { min: 20_000, max: 20_000 }, shared: true });
    machine.handle(used('main'), 0);
    machine.handle({ type: 'start' }, 0);
    return machine;
  };

  test('the new port counts at once; the old one lives as long as somebody is on it', () => {
    const machine = start();
    machine.handle(tick, 20_000);
    expect(machine.handle({ type: 'opened' }, 20_040)).toEqual([
      { type: 'move', base: 'p1' },
      { type: 'moved', base: 'p1', from: 'main' },
    ]);
    expect(machine.handle(used('main', 'p1'), 20_100)).toEqual([]);
    expect(machine.handle(tick, 35_000)).toEqual([]);
    machine.handle(used('p1'), 36_000);
    expect(machine.handle(tick, 36_000 + GRACE)).toContainEqual({ type: 'close', base: 'main' });
  });

  test('does not rotate while every old port still carries somebody', () => {
    const machine = start();
    const bases = new Set<BaseId>(['main']);
    for (let n = 1; n <= MAX_OLD; n++) {
      rotated(machine, `p${n}`, n * 20_000);
      bases.add(`p${n}`);
      machine.handle({ type: 'used', bases }, n * 20_000);
    }
    expect(machine.handle(tick, (MAX_OLD + 1) * 20_000)).toEqual([]);
  });
});

describe('the handover', () => {
  const pair = (port: number): CandidatePair => ({
    local: { type: 'srflx', address: '90.0.0.1', port, priority: 1, base: 'main' },
    remote: { type: 'srflx', address: '84.0.0.1', port: 7, priority: 1 },
  });
  const nominated = (port: number) => ({ type: 'nominated', pair: pair(port) }) as const;
  const ready = (port: number) => ({ type: 'ready', remote: { address: '90.0.0.1', port } }) as const;

  test('the first pair is used at once', () => {
    expect(new Handover().handle(nominated(1), 0)).toEqual([{ type: 'use', pair: pair(1) }]);
  });

  test('on a path that works the client waits for the provider, but not for ever', () => {
    const machine = new Handover();
    machine.handle(nominated(1), 0);
    expect(machine.handle(nominated(2), 100)).toEqual([]);
    expect(machine.handle(ready(1), 110)).toEqual([]);
    expect(machine.handle(ready(2), 120)).toEqual([{ type: 'use', pair: pair(2) }]);
    expect(machine.handle(ready(2), 130)).toEqual([]);
    machine.handle({ type: 'connected' }, 150);
    machine.handle(nominated(3), 200);
    expect(machine.handle(tick, 199 + READY_LIMIT)).toEqual([]);
    expect(machine.handle(tick, 200 + READY_LIMIT)).toEqual([{ type: 'use', pair: pair(3) }]);
  });

  test('where the path in use carries nothing the word is hardly waited for: it could not come', () => {
    const troubles = [
      [{ type: 'silent' }, DEAD_LIMIT],
      [{ type: 'health', good: false }, SILENT_LIMIT],
    ] as const;
    for (const [trouble, limit] of troubles) {
      const machine = new Handover();
      machine.handle(nominated(1), 0);
      machine.handle({ type: 'connected' }, 50);
      machine.handle(nominated(2), 100);
      expect(machine.handle(trouble, 150)).toEqual([]);
      expect(machine.handle(tick, 99 + limit)).toEqual([]);
      expect(machine.deadline()?.at).toBe(100 + limit);
      expect(machine.handle(tick, 100 + limit)).toEqual([{ type: 'use', pair: pair(2) }]);
    }
  });

  test('one that was waited for longer than that by the time the old way fell silent is used at once', () => {
    const machine = new Handover();
    machine.handle(nominated(1), 0);
    machine.handle({ type: 'connected' }, 50);
    machine.handle(nominated(2), 100);
    expect(machine.handle({ type: 'silent' }, 600)).toEqual([{ type: 'use', pair: pair(2) }]);
  });

  test('where it was silent before the new way was found too, until something is heard on it', () => {
    const machine = new Handover();
    machine.handle(nominated(1), 0);
    machine.handle({ type: 'connected' }, 50);
    machine.handle({ type: 'silent' }, 1_000);
    machine.handle(nominated(2), 1_100);
    expect(machine.deadline()?.at).toBe(1_100 + DEAD_LIMIT);
    expect(machine.handle(tick, 1_100 + DEAD_LIMIT)).toEqual([{ type: 'use', pair: pair(2) }]);
    machine.handle({ type: 'heard' }, 2_001);
    machine.handle(nominated(3), 2_002);
    expect(machine.deadline()?.at).toBe(2_002 + READY_LIMIT);
  });

  test('before the control connection stands it can not come either', () => {
    const machine = new Handover();
    machine.handle(nominated(1), 0);
    machine.handle(nominated(2), 100);
    expect(machine.deadline()?.at).toBe(100 + SILENT_LIMIT);
  });

  test('the old way outlasts the wait: the node keeps its port', () => {
    expect(READY_LIMIT).toBeLessThan(GRACE / 2 + 1);
  });

  test('on a path that does not, it goes at once', () => {
    const machine = new Handover();
    machine.handle(nominated(1), 0);
    machine.handle({ type: 'health', good: false }, 10);
    expect(machine.handle(nominated(2), 20)).toEqual([{ type: 'use', pair: pair(2) }]);
  });
});

test('an interval is two numbers of seconds', () => {
  expect(parseInterval('300-900')).toEqual({ min: 300_000, max: 900_000 });
  expect(parseInterval('0.3-0.6')).toEqual({ min: 300, max: 600 });
  for (const text of ['', '300', '900-300', '0-5', '-1-5', 'off', '1e9-2e9', '1 - 2'])
    expect(parseInterval(text)).toBeNull();
});
