/** A relay carries at once where nothing direct works yet, and gives way to what is better. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { Datagrams } from '../../../shared/effects.ts';
import { type Driven, drive } from '../../../shared/machine/drive.ts';
import type {
  ChecksInput,
  ChecksOptions,
  ChecksOutput,
  LocalCandidate,
} from '../../../shared/machine/traversal/api.ts';
import { MAIN } from '../../../shared/machine/traversal/bases.ts';
import { candidatePriority, localCandidates, onBase } from '../../../shared/machine/traversal/candidates.ts';
import type { Pair } from '../../../shared/machine/traversal/checklist.ts';
import { Checks } from '../../../shared/machine/traversal/checks.ts';
import { nominationAt } from '../../../shared/machine/traversal/nomination.ts';
import { createFakeClock, type FakeClock } from '../../fakes/clock.ts';
import { credentialsOf } from '../../fakes/credentials.ts';
import { createNetwork, type Network } from '../../fakes/datagrams.ts';
import { createFakeRandom } from '../../fakes/random.ts';

const DELAY = 10;
const CLIENT = '90.0.0.7';
const PROVIDER = '84.128.0.9';
let clock: FakeClock;
let internet: Network;
let outputs: Extract<ChecksOutput, { type: 'nominated' }>[];

beforeEach(() => {
  clock = createFakeClock();
  internet = createNetwork(clock, DELAY);
  outputs = [];
});

function end(
  role: ChecksOptions['role'],
  sockets: Readonly<Record<string, Datagrams>>,
  local: readonly LocalCandidate[],
  remote: readonly LocalCandidate[],
): Driven<ChecksInput> {
  const random = createFakeRandom(role === 'controlling' ? 21 : 22);
  const checks = new Checks({ role, credentials: credentialsOf(role), local, remote, random });
  const driven = drive<ChecksInput, ChecksOutput>(checks, clock, (output) => {
    if (output.type === 'send') sockets[output.base]?.send(output.packet, output.to);
    if (output.type === 'nominated' && role === 'controlling') outputs.push(output);
  });
  for (const [base, socket] of Object.entries(sockets))
    socket.onPacket((packet, from) => driven.feed({ type: 'packet', base, packet, from }));
  return driven;
}

/** The client has a relayed address beside its socket; both ends start. */
function start(): Driven<ChecksInput> {
  const main = internet.socket(CLIENT, 5000);
  const relay = internet.socket('198.51.100.1', 50_001);
  const there = internet.socket(PROVIDER, 6000);
  const relayed = { type: 'relay', ...relay.local, priority: candidatePriority('relay', 0) } as const;
  const mine = [...onBase(MAIN, localCandidates([main.local], [])), ...onBase('relay-1', [relayed])];
  const theirs = onBase(MAIN, localCandidates([there.local], []));
  const client = end('controlling', { [MAIN]: main, 'relay-1': relay }, mine, theirs);
  end('controlled', { [MAIN]: there }, theirs, mine).feed({ type: 'start' });
  client.feed({ type: 'start' });
  return client;
}

const directly = (from: { address: string }, to: { address: string }) =>
  [CLIENT, PROVIDER].every((address) => address === from.address || address === to.address);
const kinds = () => outputs.map(({ kind }) => kind);

describe('relay first', () => {
  test('a direct way that works at once is taken, the relay never', () => {
    start();
    clock.advance(5_000);
    expect(kinds()).toEqual(['direct']);
  });

  test('without one the relay carries 300 ms after the checks began', () => {
    internet.lose(directly);
    start();
    expect(clock.runUntil(() => outputs.length > 0)).toBeLessThan(320);
    expect(outputs[0]).toMatchObject({ kind: 'relay', pair: { local: { base: 'relay-1' } } });
  });

  test.each([1_500, 30_000, 200_000])(
    'a direct way that opens after %i ms is found while the relay carries',
    (after) => {
      internet.lose(directly);
      start();
      clock.advance(after);
      expect(kinds()).toEqual(['relay']);
      internet.lose(null);
      const took = clock.runUntil(() => outputs.length > 1, 70_000);
      expect(kinds()).toEqual(['relay', 'direct']);
      expect(took).toBeLessThan(66_000);
    },
  );

  test('a direct way that dies is replaced by the relay as soon as it is suspected', () => {
    start();
    clock.advance(1_000);
    internet.lose(directly);
    const took = clock.runUntil(() => outputs.length > 1, 20_000);
    expect(kinds()).toEqual(['direct', 'relay']);
    expect(took).toBeLessThan(8_000);
  });

  test('a lost relay is left at once', () => {
    internet.lose(directly);
    const client = start();
    clock.advance(1_000);
    internet.lose(null);
    client.feed({
      type: 'candidates',
      side: 'local',
      candidates: onBase(MAIN, localCandidates([{ address: CLIENT, port: 5000 }], [])),
    });
    expect(clock.runUntil(() => outputs.length > 1, 2_000)).toBeLessThan(200);
    expect(kinds()).toEqual(['relay', 'direct']);
  });
});

test('the search for a direct way does not go back to a port that the path has left', () => {
  const priority = candidatePriority('relay', 0);
  const local = { type: 'relay', address: '198.51.100.1', port: 50_001, priority, base: 'relay-1' } as const;
  const to = (port: number): Pair => ({
    local,
    remote: { type: 'srflx', address: PROVIDER, port, priority },
    priority: 1n,
    state: 'succeeded',
    tries: 0,
    dueAt: 0,
    rttMs: 20,
    nominatedByPeer: false,
  });
  const [left, inUse] = [to(6000), to(6001)];
  const contest = { pairs: [left, inUse], inUse, searchSince: 0, firstSuccessAt: 0 };
  expect(nominationAt({ ...contest, doubtful: false })).toBeNull();
  // In doubt any is good that works.
  expect(nominationAt({ ...contest, doubtful: true })).not.toBeNull();
});
