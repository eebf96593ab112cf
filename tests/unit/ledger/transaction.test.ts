import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  above,
  raised,
  Transaction,
  type TransactionFees,
  type TransactionInput,
  type TransactionRules,
} from '../../../shared/machine/transaction.ts';

const RULES: TransactionRules = {
  lookFirstMs: 100,
  lookLongestMs: 1_000,
  replaceAfterMs: 10_000,
  maxReplacements: 3,
  maxUnderpriced: 2,
  silentMs: 30_000,
};
const FEES: TransactionFees = { maxFeePerGas: 800n, maxPriorityFeePerGas: 80n };
const NONCE = 7;
const seen = (more: Partial<Extract<TransactionInput, { type: 'seen' }>> = {}): TransactionInput => ({
  type: 'seen',
  mined: false,
  count: NONCE,
  fees: FEES,
  ...more,
});
const broadcast = (outcome: Extract<TransactionInput, { type: 'broadcast' }>['outcome']): TransactionInput => ({
  type: 'broadcast',
  outcome,
});

/** Plays a chain that answers every broadcast and every look by two functions of the time. */
function play(
  node: {
    broadcast: (now: number, fees: TransactionFees) => TransactionInput;
    look: (now: number) => TransactionInput;
  },
  limit = 1_000_000,
) {
  const machine = new Transaction(NONCE, FEES, RULES);
  const sent: TransactionFees[] = [];
  let looks = 0;
  let now = 0;
  let outputs = machine.handle({ type: 'start' }, now);
  for (;;) {
    const [output] = outputs;
    if (output?.type === 'over') return { how: output.how, sent, looks, at: now };
    if (output?.type === 'send') {
      sent.push(output.fees);
      outputs = machine.handle(node.broadcast(now, output.fees), now);
    } else if (output?.type === 'look') {
      looks++;
      outputs = machine.handle(node.look(now), now);
    } else {
      const deadline = machine.deadline();
      if (!deadline || now > limit) return { how: 'asleep', sent, looks, at: now } as const;
      now = deadline.at;
      outputs = machine.handle({ type: 'tick' }, now);
    }
  }
}

describe('the life of a transaction', () => {
  it('ends with its block, sent once', () => {
    const end = play({ broadcast: () => broadcast('taken'), look: (now) => seen({ mined: now > 5_000 }) });
    expect(end).toMatchObject({ how: 'mined', sent: [FEES] });
  });

  it('offers at least an eighth more under the same nonce each time it waited in vain, a bounded number of times', () => {
    const { how, sent, at } = play({ broadcast: () => broadcast('taken'), look: () => seen() });
    expect(how).toBe('stuck');
    expect(sent).toHaveLength(1 + RULES.maxReplacements);
    sent.slice(1).forEach((fees, i) => {
      const before = sent[i] ?? FEES;
      expect(fees.maxFeePerGas * 8n).toBeGreaterThanOrEqual(before.maxFeePerGas * 9n);
      expect(fees.maxPriorityFeePerGas * 8n).toBeGreaterThanOrEqual(before.maxPriorityFeePerGas * 9n);
    });
    expect(at).toBeLessThan(4 * RULES.replaceAfterMs + 10_000);
  });

  it('follows the network’s fees, but to no more than twice the first offer', () => {
    const network = { maxFeePerGas: 1_000_000n, maxPriorityFeePerGas: 1_000_000n };
    const { sent } = play({ broadcast: () => broadcast('taken'), look: () => seen({ fees: network }) });
    expect(sent[1]).toEqual({ maxFeePerGas: 1_600n, maxPriorityFeePerGas: 160n });
  });

  it('does not outbid itself far above a network that asks for little', () => {
    const network = { maxFeePerGas: 1n, maxPriorityFeePerGas: 1n };
    const { how, sent } = play({ broadcast: () => broadcast('taken'), look: () => seen({ fees: network }) });
    expect(how).toBe('stuck');
    // 4 times the network's price and a thousand wei: 800, 901, and not 1,014.
    expect(sent.map(({ maxFeePerGas }) => maxFeePerGas)).toEqual([800n, 901n]);
  });

  it('does not offer more for the time in which it could not see', () => {
    const { how, sent } = play({
      broadcast: () => broadcast('taken'),
      look: (now) => (now > 1_000 && now < 25_000 ? { type: 'unseen' } : seen({ mined: now > 30_000 })),
    });
    expect({ how, sent }).toEqual({ how: 'mined', sent: [FEES] });
  });

  it('gives up waiting when nothing answers for long', () => {
    const { how, at } = play({ broadcast: () => broadcast('taken'), look: () => ({ type: 'unseen' }) });
    expect(how).toBe('unreachable');
    expect(at).toBeGreaterThanOrEqual(RULES.silentMs);
  });

  it('sends the very same again when the answer to a broadcast was lost', () => {
    let answers = 0;
    const { how, sent } = play({
      broadcast: () => broadcast(answers++ === 0 ? 'silent' : 'taken'),
      look: (now) => seen({ mined: now > 3_000 }),
    });
    expect({ how, sent }).toEqual({ how: 'mined', sent: [FEES, FEES] });
  });

  it('does not send again what was mined although the answer to its broadcast was lost', () => {
    const { how, sent } = play({ broadcast: () => broadcast('silent'), look: () => seen({ mined: true, count: 8 }) });
    expect({ how, sent }).toEqual({ how: 'mined', sent: [FEES] });
  });

  it('outbids an unknown transaction under its nonce, within bounds', () => {
    const asked = 1_000n;
    const node = (least: bigint) => ({
      broadcast: (_now: number, { maxFeePerGas }: TransactionFees) =>
        broadcast(maxFeePerGas >= least ? 'taken' : 'underpriced'),
      look: () => seen({ mined: true }),
    });
    expect(play(node(asked))).toMatchObject({ how: 'mined', sent: [FEES, raised(FEES), raised(raised(FEES))] });
    expect(play(node(1_000_000n))).toMatchObject({ how: 'refused' });
  });

  it('says at once that another transaction had its nonce before anything was sent', () => {
    expect(play({ broadcast: () => broadcast('nonceTooLow'), look: () => seen() })).toMatchObject({
      how: 'nonceTooLow',
      looks: 0,
    });
  });

  it('looks twice before it believes that another transaction took its nonce', () => {
    const end = play({ broadcast: () => broadcast('taken'), look: () => seen({ count: NONCE + 1 }) });
    expect(end).toMatchObject({ how: 'superseded', looks: 2, sent: [FEES] });
    let looks = 0;
    const lagging = play({
      broadcast: () => broadcast('taken'),
      look: () => (looks++ === 0 ? seen({ count: NONCE + 1 }) : seen({ mined: true })),
    });
    expect(lagging.how).toBe('mined');
  });

  it('takes a refused or late replacement for what it is: an earlier attempt still counts', () => {
    for (const outcome of ['refused', 'nonceTooLow', 'underpriced'] as const) {
      let broadcasts = 0;
      const { how } = play({
        broadcast: () => broadcast(broadcasts++ === 0 ? 'taken' : outcome),
        look: (now) => seen({ mined: now > RULES.replaceAfterMs + 2_000 }),
      });
      expect(how).toBe('mined');
    }
    expect(play({ broadcast: () => broadcast('refused'), look: () => seen() })).toMatchObject({ how: 'refused' });
  });

  it('comes to an end whatever the node answers, never asks twice at once, and says nothing afterwards', () => {
    const outcomes = fc.constantFrom('taken', 'underpriced', 'nonceTooLow', 'refused', 'silent' as const);
    const looks = fc.oneof(
      fc.constant<TransactionInput>({ type: 'unseen' }),
      fc.record({ mined: fc.boolean(), count: fc.constantFrom(6, 7, 8) }).map(seen),
    );
    fc.assert(
      fc.property(fc.infiniteStream(outcomes), fc.infiniteStream(looks), (answers, views) => {
        const end = play({ broadcast: () => broadcast(answers.next().value), look: () => views.next().value });
        expect(end.how).not.toBe('asleep');
        expect(end.sent.length).toBeLessThan(200);
      }),
    );
  });
});

it('raises fees by an eighth or more, from zero too', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 10n ** 30n), fc.bigInt(0n, 10n ** 30n), (fee, network) => {
      const sent = { maxFeePerGas: fee, maxPriorityFeePerGas: fee };
      const next = above(sent, { maxFeePerGas: network, maxPriorityFeePerGas: 0n });
      expect(next.maxFeePerGas * 8n).toBeGreaterThanOrEqual(fee * 9n);
      expect(next.maxFeePerGas).toBeGreaterThan(fee);
      expect(next.maxFeePerGas).toBeGreaterThanOrEqual(network);
      expect(next.maxPriorityFeePerGas).toBeLessThanOrEqual(next.maxFeePerGas + fee);
    }),
  );
});
