import { describe, expect, it } from 'vitest';
import { type HealthFacts, healthOf } from '../../../provider/health.ts';
import { natWords } from '../../../provider/nat-words.ts';
import type { Nat } from '../../../shared/machine/traversal/api.ts';

const NAT: Nat = {
  mapping: 'endpoint-independent',
  filtering: 'address-and-port-dependent',
  translated: true,
  portPreserved: true,
};

describe('what a NAT means', () => {
  it.each<[string, RegExp, boolean, Nat | null]>([
    ['blocked', /through a relay only/, false, null],
    ['none', /Every client/, true, { ...NAT, translated: false }],
    ['easy', /directly/, true, NAT],
    ['hard', /relay/, false, { ...NAT, mapping: 'address-and-port-dependent' }],
    ['hard', /relay/, false, { ...NAT, mapping: 'address-dependent' }],
    ['half known', /too few/, false, { ...NAT, mapping: 'unknown' }],
  ])('is said where it is %s', (_, clients, good, nat) => {
    const words = natWords(nat);
    expect(words).toMatchObject({ good, clients: expect.stringMatching(clients) });
    // Bad news comes with something to do about it.
    expect(words.action !== null).toBe(!good);
  });

  it('is said in the words of RFC 4787 too', () => {
    expect(natWords(NAT).title).toBe('easy NAT (mapping endpoint-independent, filtering address-and-port-dependent)');
    expect(natWords({ ...NAT, translated: false, filtering: 'unknown' }).title).toBe(
      'none: this machine has a public address',
    );
  });
});

describe('health', () => {
  const WELL: HealthFacts = {
    relays: 'connected',
    ledger: 'reachable',
    offered: 2,
    nat: NAT,
    names: true,
    coin: 10n ** 18n,
    sender: '0x12',
    coinSymbol: 'ETH',
    authorizedUntil: null,
    freeMemoryMB: 500,
    minFreeMemoryMB: 64,
    lateMs: 2,
    strained: false,
    now: 0,
  };
  const bad = (facts: Partial<HealthFacts>) => healthOf({ ...WELL, ...facts }).filter(({ ok }) => !ok);

  it('is fine where all is', () => {
    expect(bad({})).toEqual([]);
    expect(bad({ offered: null, coin: null, names: null, freeMemoryMB: null, ledger: 'unknown' })).toEqual([]);
  });

  it.each<[string, Partial<HealthFacts>]>([
    ['Relays', { relays: 'unreachable' }],
    ['Offer', { offered: 0 }],
    ['Chain', { ledger: 'unreachable' }],
    ['Names', { names: false }],
    ['Gas', { coin: 0n }],
    ['Gas', { coin: 10n ** 14n }],
    ['Leave of the cold key', { authorizedUntil: 3 * 86_400_000 }],
    ['NAT', { nat: null }],
    ['Memory', { freeMemoryMB: 10 }],
    ['Processor', { lateMs: 180, strained: true }],
  ])('names %s and what to do', (name, facts) => {
    expect(bad(facts)).toMatchObject([{ name, action: expect.stringMatching(/\w/) }]);
  });
});
