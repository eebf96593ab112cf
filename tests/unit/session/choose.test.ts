import { describe, expect, test } from 'vitest';
import { choose, MOST_CANDIDATES } from '../../../shared/machine/session/choose.ts';
import { fundingOf } from '../../../shared/machine/session/funding.ts';
import { channelOf, node, SIGNER, WANT } from './samples.ts';

const measured = (number: number, latencyMs: number | null, online = true, country = 'DE', price = 1n) => ({
  found: node(number, country, price),
  latencyMs,
  online,
});

describe('the choice of a node', () => {
  test('takes the nearest first, the unmeasured after, and the silent last', () => {
    const nodes = [measured(1, null, false), measured(2, null), measured(3, 90), measured(4, 20)];
    expect(choose(nodes, WANT, []).map((found) => found.key.slice(-1))).toEqual(['4', '3', '2', '1']);
  });

  test('prefers a node that already holds a channel', () => {
    const nodes = [measured(1, 10), measured(2, 200)];
    expect(choose(nodes, WANT, [node(2).proposal.did])[0]?.key.slice(-1)).toBe('2');
  });

  test('breaks a tie by price', () => {
    expect(choose([measured(1, 10, true, 'DE', 5n), measured(2, 10, true, 'DE', 3n)], WANT, [])[0]).toEqual(
      node(2, 'DE', 3n),
    );
  });

  test('after a loss stays in the country, takes what is there, and tries the lost node last', () => {
    const nodes = [
      measured(1, null, false),
      measured(2, 10, true, 'JP'),
      measured(3, 90),
      measured(4, 20, false),
      measured(5, 30),
    ];
    const preferred = [node(1).proposal.did, node(2).proposal.did, node(3).proposal.did];
    const order = choose(nodes, WANT, preferred, node(1)).map((found) => found.key.slice(-1));
    expect(order).toEqual(['3', '5', '2', '4', '1']);
  });

  test('keeps to country, node and price, and to a bounded number', () => {
    const nodes = [measured(1, 1), measured(2, 1, true, 'JP'), measured(3, 1, true, 'DE', 9n)];
    expect(choose(nodes, { exitId: 'x', country: 'DE', maxPricePerMB: 5n }, [])).toEqual([node(1, 'DE', 1n)]);
    expect(choose(nodes, { exitId: 'x', did: node(2).proposal.did }, [])).toEqual([node(2, 'JP', 1n)]);
    expect(
      choose(
        Array.from({ length: 50 }, (_, i) => measured(i, i)),
        WANT,
        [],
      ),
    ).toHaveLength(MOST_CANDIDATES);
  });

  test('never takes a node that the user blocked, not even when it is named, holds a channel or stands alone', () => {
    const { did } = node(1).proposal;
    const nodes = [measured(1, 1), measured(2, 200)];
    const avoid = [did];
    expect(choose(nodes, { ...WANT, avoid }, [did])).toEqual([node(2, 'DE', 1n)]);
    expect(choose(nodes, { ...WANT, did, avoid }, [])).toEqual([]);
    expect(choose(nodes.slice(0, 1), { ...WANT, country: 'DE', avoid }, [did])).toEqual([]);
  });
});

describe('funding', () => {
  const { proposal } = node(1);

  test('accepts a channel with a useful remainder', () => {
    expect(fundingOf(channelOf(proposal.minDeposit), proposal, SIGNER).type).toBe('funded');
  });

  test('suggests a gigabyte, and at least what the provider asks', () => {
    const funding = fundingOf(channelOf(0n), proposal, SIGNER);
    expect(funding).toMatchObject({ need: { action: 'open', suggestedDeposit: proposal.pricePerMB * 1_000n } });
    const dear = fundingOf(channelOf(0n), { ...proposal, minDeposit: 10n ** 20n }, SIGNER);
    expect(dear).toMatchObject({ need: { minDeposit: 10n ** 20n, suggestedDeposit: 10n ** 20n } });
  });

  test('a node that raised its price gets nothing from the old deposit until the user has agreed', () => {
    const full = channelOf(proposal.minDeposit * 100n);
    const { pricePerMB } = proposal;
    expect(fundingOf(full, proposal, SIGNER, pricePerMB).type).toBe('funded');
    expect(fundingOf(full, { ...proposal, pricePerMB: pricePerMB + 1n }, SIGNER, pricePerMB)).toMatchObject({
      need: { action: 'topUp', pricePerMB: pricePerMB + 1n },
    });
    expect(fundingOf(full, proposal, SIGNER, 0n).type).toBe('need');
  });

  test('asks for a top-up when nearly all was claimed', () => {
    const used = { ...channelOf(10n ** 18n), claimed: 10n ** 18n - 1n };
    expect(fundingOf(used, proposal, SIGNER)).toMatchObject({ need: { action: 'topUp' } });
  });
});
