import { expect, test } from 'vitest';
import { Legs, MAX_LEGS } from '../../../native-host/rootless/legs.ts';

const remote = (n: number) => ({ address: '198.51.100.7', port: n });

function full(): Legs<number> {
  const legs = new Legs<number>();
  for (let leg = 1; leg <= MAX_LEGS; leg++) legs.add(leg);
  return legs;
}

test('an address keeps its leg, and another gets another', () => {
  const legs = full();
  const one = legs.of(remote(1));
  expect(legs.of(remote(1))).toBe(one);
  expect(legs.of(remote(2))?.leg).not.toBe(one?.leg);
  expect(one && legs.holder(one.leg)?.remote).toEqual(remote(1));
});

test('without an idle leg a new address waits, as long as there may be more', () => {
  const legs = new Legs<number>();
  expect(legs.of(remote(1))).toBeNull();
  legs.add(1);
  expect(legs.of(remote(1))?.leg).toBe(1);
  expect(legs.of(remote(2))).toBeNull();
});

test('a stranger who sends from everywhere gets the legs of strangers, never the one in use', () => {
  const legs = full();
  const peer = legs.of(remote(1));
  if (!peer) throw new Error('no leg');
  legs.sent(peer);
  for (let port = 1_000; port < 5_000; port++) legs.of(remote(port));
  expect(legs.of(remote(1))).toBe(peer);
  expect(legs.size).toBe(MAX_LEGS);
});

test('where WireGuard was told to send stays, though it has not sent yet', () => {
  const legs = full();
  const inUse = legs.of(remote(1));
  const next = legs.of(remote(2));
  if (!inUse || !next) throw new Error('no leg');
  legs.sent(inUse);
  legs.pin(next);
  for (let port = 1_000; port < 5_000; port++) legs.of(remote(port));
  expect(legs.of(remote(1))).toBe(inUse);
  expect(legs.of(remote(2))).toBe(next);
});
