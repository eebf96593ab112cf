/** Checks that came before the session that they are for. */
import { expect, test } from 'vitest';
import { encodeCheck } from '../../../shared/machine/traversal/check-message.ts';
import { type EarlyCheck, EarlyChecks } from '../../../shared/machine/traversal/early-checks.ts';
import { credentialsOf } from '../../fakes/credentials.ts';

const { localFragment } = credentialsOf('controlled');

/** @param number the transaction's; distinct checks are told apart by it. */
function check(number: number, to = credentialsOf('controlling')): EarlyCheck {
  const transactionId = new Uint8Array(12);
  new DataView(transactionId.buffer).setUint32(8, number);
  const packet = encodeCheck(to, {
    transactionId,
    role: 'controlling',
    tieBreaker: 1n,
    priority: 1,
    nominate: false,
    bytes: null,
  });
  return { packet, from: { address: '203.0.113.7', port: 4000 }, base: 'main' };
}

test('are handed over once, in their order, to those that they name', () => {
  const early = new EarlyChecks();
  const [first, second] = [check(1), check(2)];
  early.keep(first, 0);
  early.keep(second, 10);
  expect(early.take('nobody', 20)).toEqual([]);
  expect(early.take(localFragment, 20)).toEqual([first, second]);
  expect(early.take(localFragment, 20)).toEqual([]);
});

test('are forgotten after two seconds', () => {
  const early = new EarlyChecks();
  early.keep(check(1), 0);
  early.keep(check(2), 1_500);
  expect(early.take(localFragment, 2_000)).toHaveLength(1);
});

test('a flood leaves the newest 128; what is no check, or too large for one, is not kept', () => {
  const early = new EarlyChecks();
  for (let n = 0; n < 300; n++) early.keep(check(n), n);
  early.keep({ ...check(0), packet: new Uint8Array(148).fill(4) }, 300);
  const large = check(0);
  early.keep({ ...large, packet: new Uint8Array(1_200).map((_, at) => large.packet[at] ?? 0) }, 300);
  const kept = early.take(localFragment, 300);
  expect(kept).toHaveLength(128);
  expect(kept[0]).toEqual(check(172));
});
