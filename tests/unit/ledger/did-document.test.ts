/** ERC-1056 events → document, without a chain. */
import fc from 'fast-check';
import { stringToHex } from 'viem';
import { describe, expect, test } from 'vitest';
import type { Hex } from '../../../shared/base/bytes.ts';
import {
  bytes32,
  fold,
  inChainOrder,
  isComplete,
  type RegistryEvent,
  SERVICE,
  VERI_KEY,
} from '../../../shared/node/did/document.ts';

const NOW = 1_000_000;
const A = `0x${'aa'.repeat(20)}`;
const B = `0x${'bb'.repeat(20)}`;
const ZERO = `0x${'00'.repeat(20)}`;

const place = (block: number, previous: number, logIndex = 0) => ({
  blockNumber: BigInt(block),
  previousChange: BigInt(previous),
  logIndex,
});
const delegate = (account: string, validTo: number | bigint, type: Hex = VERI_KEY): RegistryEvent => ({
  ...place(1, 0),
  kind: 'delegate',
  type,
  delegate: account,
  validTo: BigInt(validTo),
});
const service = (text: string, validTo = NOW + 1, name: Hex = SERVICE): RegistryEvent => ({
  ...place(1, 0),
  kind: 'attribute',
  name,
  value: stringToHex(text),
  validTo: BigInt(validTo),
});
const owner = (account: string): RegistryEvent => ({ ...place(1, 0), kind: 'owner', owner: account });

describe('delegates', () => {
  test('live until the second in which they end', () => {
    expect(fold([delegate(A, NOW + 1)], NOW).delegates).toEqual([{ address: A, validTo: NOW + 1 }]);
    expect(fold([delegate(A, NOW)], NOW).delegates).toEqual([]);
  });

  test('the latest event about one decides', () => {
    expect(fold([delegate(A, NOW + 9), delegate(A, NOW - 1)], NOW).delegates).toEqual([]);
    expect(fold([delegate(A, NOW - 1), delegate(A, NOW + 9)], NOW).delegates).toHaveLength(1);
    expect(fold([delegate(A, NOW + 9), delegate(B, NOW + 9), delegate(A, NOW)], NOW).delegates).toEqual([
      { address: B, validTo: NOW + 9 },
    ]);
  });

  test('of another type do not count, and the type must match to the last byte', () => {
    expect(
      fold([delegate(A, NOW + 9, bytes32('sigAuth')), delegate(A, NOW + 9, bytes32('veriKey2'))], NOW).delegates,
    ).toEqual([]);
  });

  test('a validity beyond all numbers is cut, not wrapped', () => {
    expect(fold([delegate(A, 2n ** 256n - 1n)], NOW).delegates).toEqual([
      { address: A, validTo: Number.MAX_SAFE_INTEGER },
    ]);
  });

  test('that have ended are named apart, until they are renewed', () => {
    const { delegates, expired } = fold([delegate(A, NOW), delegate(B, NOW + 9), delegate(B, NOW - 1)], NOW);
    expect({ delegates, expired }).toEqual({ delegates: [], expired: [A, B] });
    expect(fold([delegate(A, NOW - 1), delegate(A, NOW + 9)], NOW).expired).toEqual([]);
  });

  test('are bounded, and the newest stay', () => {
    const many = Array.from({ length: 100 }, (_, i) => delegate(`0x${i.toString(16).padStart(40, '0')}`, NOW + 9));
    const { delegates } = fold(many, NOW);
    expect(delegates).toHaveLength(32);
    expect(delegates.at(-1)?.address).toBe(`0x${(99).toString(16).padStart(40, '0')}`);
  });
});

describe('services', () => {
  test('are relay addresses only, at most eight', () => {
    const texts = [
      'wss://a.example/',
      'https://a.example/',
      'javascript:alert(1)',
      'ws://a b',
      'ws://é',
      `ws://${'a'.repeat(500)}`,
    ];
    expect(
      fold(
        texts.map((text) => service(text)),
        NOW,
      ).services.map((one) => one.url),
    ).toEqual(['wss://a.example/']);
    const many = Array.from({ length: 20 }, (_, i) => service(`ws://${i}/`));
    expect(fold(many, NOW).services).toHaveLength(8);
  });

  test('under another name do not count', () => {
    expect(fold([service('ws://a/', NOW + 1, bytes32('did/svc/Other'))], NOW).services).toEqual([]);
  });
});

describe('ownership', () => {
  test('handed to the zero address is deactivation, until it is taken back', () => {
    expect(fold([owner(A)], NOW).deactivated).toBe(false);
    expect(fold([owner(A), owner(ZERO)], NOW).deactivated).toBe(true);
    expect(fold([owner(ZERO), owner(A)], NOW).deactivated).toBe(false);
  });
});

describe('completeness', () => {
  const whole = [owner(A), owner(B), owner(A)].map((event, i) => ({
    ...event,
    ...place([4, 7, 7][i] as number, [0, 4, 7][i] as number, i),
  }));

  test('holds for a history that begins at nothing and ends at the last change', () => {
    expect(isComplete(whole, 7n)).toBe(true);
    expect(isComplete([], 0n)).toBe(true);
  });

  test('fails when any event is missing, or a later change happened', () => {
    for (const missing of whole.keys())
      expect(isComplete(whole.toSpliced(missing, 1), 7n), `${missing}`).toBe(missing === 2);
    expect(isComplete(whole, 9n)).toBe(false);
    expect(isComplete([], 1n)).toBe(false);
  });

  test('events are brought into the order of the chain', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(whole, { minLength: 3 }), (shuffled) => {
        expect(inChainOrder(shuffled)).toEqual(whole);
      }),
    );
  });
});
