import { describe, expect, test } from 'vitest';
import { WarrenError } from '../../../shared/base/errors.ts';
import type { SessionOutput } from '../../../shared/machine/session/api.ts';
import { Session } from '../../../shared/machine/session/session.ts';
import { ACCEPT_GRACE, BUDGET, CHANNEL_POLL, CLOSE_LIMIT, STABLE } from '../../../shared/machine/session/timing.ts';
import { channelOf, ME, node, SIGNER, WANT } from './samples.ts';

const PATH = { address: '198.51.100.7', port: 4000 };
const down = new WarrenError('node_offline', 'gone', 'wait').data();
const types = (outputs: readonly SessionOutput[]) => outputs.map((output) => output.type);

/** A session driven to a phase, with the clock where it then stands. */
function sessionAt(
  phase: 'discovering' | 'funding' | 'shaking' | 'traversing' | 'tunnelling' | 'up',
  nodes = [node(1)],
) {
  const session = new Session(WANT, ME, 0);
  session.handle({ type: 'connect', want: WANT, payer: ME }, 0);
  if (phase === 'discovering') return session;
  session.handle({ type: 'found', nodes }, 10);
  if (phase === 'funding') return session;
  fund(session, 20);
  if (phase === 'shaking') return session;
  session.handle({ type: 'established' }, 30);
  if (phase === 'traversing') return session;
  session.handle({ type: 'tunnel' }, 40);
  session.handle({ type: 'accepted' }, 40);
  session.handle({ type: 'nominated', path: PATH }, 40);
  if (phase === 'tunnelling') return session;
  session.handle({ type: 'wireguard' }, 50);
  session.handle({ type: 'proxy' }, 50);
  session.handle({ type: 'control' }, 50);
  return session;
}

function fund(session: Session, now: number): void {
  session.handle({ type: 'resolved' }, now);
  session.handle({ type: 'signer', address: SIGNER }, now);
  session.handle({ type: 'channel', channel: channelOf(10n ** 18n) }, now);
}

/** Ticks at every deadline until the state is asked for no more, or `until`. */
function run(session: Session, until: number): string[] {
  const seen: string[] = [];
  for (let due = session.deadline(); due && due.at <= until; due = session.deadline())
    seen.push(...types(session.handle({ type: 'tick' }, due.at)));
  return seen;
}

describe('the way up', () => {
  test('goes discovering, funding, shaking, traversing, tunnelling, up, each step ordered once', () => {
    const session = new Session(WANT, ME, 0);
    const said: string[] = [];
    const step = (input: Parameters<Session['handle']>[0]) =>
      said.push(...types(session.handle(input, 0)), session.state.phase);
    step({ type: 'connect', want: WANT, payer: ME });
    step({ type: 'found', nodes: [node(1)] });
    step({ type: 'signer', address: SIGNER });
    step({ type: 'channel', channel: channelOf(10n ** 18n) });
    step({ type: 'resolved' });
    step({ type: 'established' });
    step({ type: 'tunnel' });
    step({ type: 'nominated', path: PATH });
    step({ type: 'accepted' });
    step({ type: 'wireguard' });
    step({ type: 'control' });
    step({ type: 'proxy' });
    expect(said.join(' ')).toBe(
      'discover discovering prepare funding readChannel funding funding shake shaking traverse traversing ' +
        'traversing traversing join tunnelling open tunnelling tunnelling up',
    );
  });

  test('gives WireGuard the peer without m4 when path and tunnel have waited for it', () => {
    const session = sessionAt('traversing');
    session.handle({ type: 'tunnel' }, 100);
    session.handle({ type: 'nominated', path: PATH }, 120);
    expect(session.deadline()?.at).toBe(120 + ACCEPT_GRACE);
    expect(session.handle({ type: 'tick' }, 120 + ACCEPT_GRACE)).toMatchObject([{ type: 'join', path: PATH }]);
  });
});

describe('money', () => {
  test('waits for the user without any deadline', () => {
    const session = sessionAt('funding');
    expect(session.deadline()).toBeNull();
    expect(session.state).toMatchObject({ phase: 'funding', step: { at: 'signer' } });
  });

  test('is asked for with an approval when there is no channel, and looked for until it is there', () => {
    const session = sessionAt('funding');
    session.handle({ type: 'resolved' }, 10);
    session.handle({ type: 'signer', address: SIGNER }, 10);
    session.handle({ type: 'channel', channel: channelOf(0n) }, 20);
    expect(session.state).toMatchObject({ step: { at: 'approval', need: { kind: 'channel', action: 'open' } } });
    expect(session.deadline()?.at).toBe(20 + CHANNEL_POLL);
    expect(run(session, 3_600_000).every((type) => type === 'readChannel')).toBe(true);
    expect(types(session.handle({ type: 'wallet' }, 3_600_000))).toEqual(['readChannel']);
    expect(types(session.handle({ type: 'channel', channel: channelOf(10n ** 18n) }, 3_600_100))).toEqual(['shake']);
    expect(session.deadline()?.at).toBeGreaterThan(3_600_100);
  });

  test('of a channel that is used up or closing is topped up, not opened again', () => {
    const session = sessionAt('funding');
    session.handle({ type: 'signer', address: SIGNER }, 10);
    session.handle({ type: 'channel', channel: { ...channelOf(10n ** 18n), closeAt: 99 } }, 20);
    expect(session.state).toMatchObject({ step: { need: { action: 'topUp' } } });
  });

  test('with too short a grace goes to another node, in words', () => {
    const session = sessionAt('funding');
    session.handle({ type: 'signer', address: SIGNER }, 10);
    session.handle({ type: 'channel', channel: { ...channelOf(10n ** 18n), graceMinutes: 1 } }, 20);
    expect(session.state).toMatchObject({ phase: 'failed', error: { code: 'channel_grace_short' } });
  });
});

describe('failure', () => {
  test.each(['discovering', 'shaking', 'traversing', 'tunnelling'] as const)(
    'is said within the budget when %s hears nothing',
    (phase) => {
      const session = sessionAt(phase);
      for (let due = session.deadline(); due && session.state.phase === phase; due = session.deadline())
        session.handle({ type: 'tick' }, due.at);
      expect(session.state.phase).toBe('failed');
      expect(session.state.since).toBeLessThanOrEqual(BUDGET);
    },
  );

  test('of the ledger is said within the budget too', () => {
    const session = sessionAt('funding');
    session.handle({ type: 'signer', address: SIGNER }, 15);
    session.handle({ type: 'tick' }, BUDGET);
    expect(session.state).toMatchObject({ phase: 'failed', error: { code: 'ledger_unreachable' } });
  });

  test.each(['funding', 'shaking', 'traversing', 'tunnelling'] as const)(
    'in %s releases and takes the next node',
    (phase) => {
      const session = sessionAt(phase, [node(1), node(2)]);
      const outputs = session.handle({ type: 'failure', error: down }, 60);
      expect(types(outputs)).toEqual(['release', 'prepare']);
      expect(session.state).toMatchObject({ phase: 'funding', error: down, trial: { node: node(2) } });
    },
  );

  test('of the last node backs off longer each time and tries again', () => {
    const session = sessionAt('discovering');
    const waits: number[] = [];
    let now = 0;
    for (let round = 0; round < 8; round++) {
      session.handle({ type: 'failure', error: down }, now);
      const due = session.deadline()?.at ?? Number.NaN;
      waits.push(due - now);
      now = due;
      expect(types(session.handle({ type: 'tick' }, now))).toEqual(['discover']);
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
  });

  test('is retried at once when asked', () => {
    const session = sessionAt('discovering');
    session.handle({ type: 'failure', error: down }, 0);
    expect(types(session.handle({ type: 'retry' }, 1))).toEqual(['discover']);
  });

  test('says so when no node fits', () => {
    const session = sessionAt('discovering');
    session.handle({ type: 'found', nodes: [] }, 5);
    expect(session.state).toMatchObject({ phase: 'failed', error: { code: 'node_not_found' } });
  });

  test('of a tunnel that was up looks for a new one at once', () => {
    const session = sessionAt('up');
    expect(types(session.handle({ type: 'failure', error: down }, 60_000))).toEqual(['release', 'discover']);
    expect(session.state).toMatchObject({ phase: 'discovering', error: down });
  });

  test('of a node has its place taken, and the loss is told until the user wants something else', () => {
    const session = sessionAt('up');
    const outputs = session.handle({ type: 'failure', error: down }, 60_000);
    expect(outputs).toContainEqual({ type: 'discover', want: WANT, lost: node(1) });
    expect(session.loss).toEqual({ node: node(1), at: 60_000 });
    session.handle({ type: 'found', nodes: [node(2)] }, 60_010);
    expect(session.loss?.node).toEqual(node(1));
    session.handle({ type: 'connect', want: { ...WANT, country: 'DE' }, payer: ME }, 60_020);
    expect(session.loss).toBeNull();
  });

  test('of our own machine is not the node’s fault: it may be taken again', () => {
    const session = sessionAt('up');
    const error = new WarrenError('netd_unreachable', 'gone', 'start it').data();
    expect(session.handle({ type: 'failure', error }, 60_000)).toContainEqual({
      type: 'discover',
      want: WANT,
      lost: null,
    });
    expect(session.loss).toBeNull();
  });

  test('of a tunnel that broke as soon as it was up backs off', () => {
    const session = sessionAt('up');
    expect(types(session.handle({ type: 'failure', error: down }, STABLE - 1))).toEqual(['release']);
    expect(session.state.phase).toBe('failed');
  });
});

describe('the gate', () => {
  test('closes and opens without losing the tunnel', () => {
    const session = sessionAt('up');
    expect(session.handle({ type: 'gate', open: false, error: down }, 100)).toEqual([]);
    expect(session.state).toMatchObject({ phase: 'gated', error: down });
    session.handle({ type: 'gate', open: true, error: null }, 200);
    expect(session.state.phase).toBe('up');
  });
});

describe('the end', () => {
  test.each(['discovering', 'funding', 'shaking', 'traversing', 'tunnelling'] as const)(
    'in %s is immediate',
    (phase) => {
      const session = sessionAt(phase);
      expect(types(session.handle({ type: 'disconnect', closeChannel: true }, 60))).toEqual(['release']);
      expect(session.state.phase).toBe('closed');
    },
  );

  test('of a tunnel settles first, and tells what came back', () => {
    const session = sessionAt('up');
    expect(session.handle({ type: 'disconnect', closeChannel: true }, 60)).toMatchObject([
      { type: 'settle', closeChannel: true },
    ]);
    expect(types(session.handle({ type: 'settled', refunded: 5n }, 70))).toEqual(['release']);
    expect(session.state).toMatchObject({ phase: 'closed', refunded: 5n, error: null });
  });

  test.each(['silent', 'broken'] as const)('at a %s node is bounded, and says where the money is', (kind) => {
    const session = sessionAt('up');
    session.handle({ type: 'disconnect', closeChannel: true }, 60);
    if (kind === 'silent') expect(run(session, 60 + CLOSE_LIMIT)).toEqual(['release']);
    else session.handle({ type: 'failure', error: down }, 61);
    expect(session.state).toMatchObject({ phase: 'closed', refunded: null, error: { code: 'close_unconfirmed' } });
  });

  test('is followed by a new beginning when the user changed their mind meanwhile', () => {
    const session = sessionAt('up');
    session.handle({ type: 'disconnect', closeChannel: true }, 60);
    session.handle({ type: 'connect', want: WANT, payer: ME }, 61);
    expect(types(session.handle({ type: 'settled', refunded: 5n }, 70))).toEqual(['release', 'discover']);
  });
});

describe('another want', () => {
  test('leaves a node that fits it alone', () => {
    const session = sessionAt('up');
    expect(session.handle({ type: 'connect', want: { ...WANT, country: 'DE' }, payer: ME }, 60)).toEqual([]);
    expect(session.state.phase).toBe('up');
  });

  test('moves to another node when it does not', () => {
    const session = sessionAt('up');
    const outputs = session.handle({ type: 'connect', want: { exitId: 'x', country: 'JP' }, payer: ME }, 60);
    expect(types(outputs)).toEqual(['settle']);
    expect(session.handle({ type: 'settled', refunded: null }, 70)).toMatchObject([
      { type: 'release' },
      { type: 'discover', want: { country: 'JP' } },
    ]);
  });
});

describe('a node that the user blocks', () => {
  const blocking = (number: number) => ({ ...WANT, avoid: [node(number).proposal.did] });

  test('is left for another one, and stays where another node is blocked', () => {
    const session = sessionAt('up', [node(1), node(2)]);
    expect(session.handle({ type: 'connect', want: blocking(2), payer: ME }, 60)).toEqual([]);
    expect(types(session.handle({ type: 'connect', want: blocking(1), payer: ME }, 61))).toEqual(['settle']);
    expect(session.handle({ type: 'settled', refunded: null }, 70)).toMatchObject([
      { type: 'release' },
      { type: 'discover', want: blocking(1) },
    ]);
  });

  test('is passed over by the failover that had it in line', () => {
    const session = sessionAt('funding', [node(1), node(2), node(3)]);
    session.handle({ type: 'connect', want: blocking(2), payer: ME }, 20);
    session.handle({ type: 'failure', error: down }, 30);
    expect(session.state).toMatchObject({ phase: 'funding', trial: { node: node(3), rest: [] } });
  });

  test('and is named all the same is not used, and the reason is said', () => {
    const session = new Session(WANT, ME, 0);
    session.handle({ type: 'connect', want: { ...blocking(1), did: node(1).proposal.did }, payer: ME }, 0);
    session.handle({ type: 'found', nodes: [] }, 5);
    expect(session.state).toMatchObject({ phase: 'failed', error: { code: 'node_blocked' } });
  });
});
