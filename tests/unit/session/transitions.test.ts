import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { WarrenError } from '../../../shared/base/errors.ts';
import type { SessionInput } from '../../../shared/machine/session/api.ts';
import { Session } from '../../../shared/machine/session/session.ts';
import { drawTransitions, TRANSITIONS } from '../../../shared/machine/session/transitions.ts';
import { EXIT_PHASES } from '../../../shared/wire/native.ts';
import { channelOf, ME, node, SIGNER, WANT } from './samples.ts';

const error = new WarrenError('node_offline', 'gone', 'wait').data();
const INPUTS: readonly (SessionInput | { readonly type: 'tick' })[] = [
  { type: 'connect', want: WANT, payer: ME },
  { type: 'connect', want: { ...WANT, country: 'JP' }, payer: ME },
  { type: 'disconnect', closeChannel: true },
  { type: 'found', nodes: [] },
  { type: 'found', nodes: [node(1), node(2)] },
  { type: 'found', nodes: [node(3, 'JP')] },
  { type: 'resolved' },
  { type: 'signer', address: SIGNER },
  { type: 'channel', channel: channelOf(0n) },
  { type: 'channel', channel: channelOf(10n ** 18n) },
  { type: 'wallet' },
  { type: 'established' },
  { type: 'accepted' },
  { type: 'tunnel' },
  { type: 'nominated', path: { address: '198.51.100.7', port: 4000 } },
  { type: 'wireguard' },
  { type: 'proxy' },
  { type: 'control' },
  { type: 'gate', open: false, error },
  { type: 'gate', open: true, error: null },
  { type: 'settled', refunded: 1n },
  { type: 'failure', error },
  { type: 'retry' },
  { type: 'tick' },
];
/** Walks that get far: the way up in order, with other things strewn in. */
const UP: readonly SessionInput['type'][] = [
  'connect',
  'found',
  'resolved',
  'signer',
  'channel',
  'established',
  'accepted',
  'tunnel',
  'nominated',
  'wireguard',
  'proxy',
  'control',
  'gate',
  'disconnect',
  'settled',
];

describe('the transition table', () => {
  test('is never left and every row of it is walked', () => {
    const reached = new Set<string>();
    const strewn = fc.record({ input: fc.constantFrom(...INPUTS), wait: fc.nat(9_000), at: fc.nat(UP.length) });
    const walk = (extras: readonly { input: SessionInput | { type: 'tick' }; wait: number; at: number }[]) => {
      const session = new Session(WANT, ME, 0);
      let now = 0;
      const feed = (input: SessionInput | { type: 'tick' }) => {
        const before = session.state;
        session.handle(input, now);
        const { phase } = session.state;
        if (session.state === before || phase === before.phase) return;
        expect(TRANSITIONS[before.phase]).toContain(phase);
        reached.add(`${before.phase} ${phase}`);
      };
      UP.forEach((type, i) => {
        const input = INPUTS.find(
          (candidate) =>
            candidate.type === type &&
            (type !== 'found' || isLong(candidate)) &&
            (type !== 'channel' || isFunded(candidate)),
        );
        if (input) feed(input);
        for (const extra of extras.filter(({ at }) => at === i)) {
          now += extra.wait;
          feed(extra.input);
        }
      });
    };
    fc.assert(fc.property(fc.array(strewn, { maxLength: 6 }), walk), { seed: 7, numRuns: 8_000 });
    const table = Object.entries(TRANSITIONS).flatMap(([from, targets]) => targets.map((to) => `${from} ${to}`));
    // A failover stays in `funding`: the phase's name does not change, so this walk cannot see it.
    expect([...reached].sort()).toEqual(table.filter((row) => row !== 'funding funding').sort());
  });

  test('names every phase of the wire, and each can be reached and left', () => {
    expect(Object.keys(TRANSITIONS)).toEqual([...EXIT_PHASES]);
    const targets = new Set(Object.values(TRANSITIONS).flat());
    for (const phase of EXIT_PHASES) {
      expect(targets).toContain(phase);
      expect(TRANSITIONS[phase].length).toBeGreaterThan(0);
    }
  });

  test('is drawn in the protocol document as it is', () => {
    const document = readFileSync(new URL('../../../docs/protocol/native.md', import.meta.url), 'utf8');
    expect(document).toContain(drawTransitions());
  });
});

function isLong(input: { readonly type: string }): boolean {
  return 'nodes' in input && Array.isArray(input.nodes) && input.nodes.length > 1;
}

function isFunded(input: (typeof INPUTS)[number]): boolean {
  return input.type === 'channel' && input.channel.deposit > 0n;
}
