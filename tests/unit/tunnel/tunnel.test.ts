import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DOUBT } from '../../../shared/machine/tunnel/doubt.ts';
import {
  DEAD,
  HANDSHAKE_LIMIT,
  KICK_EVERY,
  STALL,
  TUNNEL_TRANSITIONS,
  Tunnel,
  type TunnelInput,
  type TunnelOutput,
} from '../../../shared/machine/tunnel/tunnel.ts';

const counters = (handshakeAt: number, rxBytes = 0, txBytes = 0) =>
  ({ type: 'counters', handshakeAt, rxBytes, txBytes }) as const;
const consent = (state: 'good' | 'suspect' | 'lost' | 'offline' | 'expired') => ({ type: 'consent', state }) as const;
const types = (outputs: readonly TunnelOutput[]) => outputs.map((output) => output.type);

function alive(): Tunnel {
  const tunnel = new Tunnel(0);
  tunnel.handle(counters(100, 92, 148), 100);
  return tunnel;
}

describe('a tunnel', () => {
  test('is up with the first handshake', () => {
    const tunnel = new Tunnel(0);
    expect(tunnel.handle(counters(0), 50)).toEqual([]);
    expect(types(tunnel.handle(counters(90), 100))).toEqual(['up']);
  });

  test('is kicked while the handshake is unanswered, then given up', () => {
    const tunnel = new Tunnel(0);
    let now = 0;
    const seen: string[] = [];
    for (let due = tunnel.deadline(); due; due = tunnel.deadline()) {
      now = due.at;
      seen.push(...types(tunnel.handle({ type: 'tick' }, now)));
    }
    expect(seen).toEqual(['kick', 'kick', 'kick', 'lost']);
    expect(now).toBeLessThanOrEqual(HANDSHAKE_LIMIT + KICK_EVERY);
  });

  test('stays alive without any traffic while its path has consent', () => {
    const tunnel = alive();
    for (let now = 200; now < 600_000; now += 250)
      expect(tunnel.handle(counters(100, 92, 148 + now / 1e3), now)).toEqual([]);
    expect(tunnel.state.phase).toBe('alive');
  });

  test('is doubted when data goes out again and again and nothing comes back', () => {
    const tunnel = alive();
    const seen: number[] = [];
    for (let now = 250; now <= 4_000; now += 250)
      for (const { type } of tunnel.handle(counters(100, 92, 148 + now), now)) if (type === 'doubt') seen.push(now);
    expect(seen[0]).toBeLessThanOrEqual(250 + DOUBT + 250);
    expect(seen.length).toBeGreaterThan(1);
    expect(seen.length).toBeLessThan(4);
  });

  test('is doubted once when a download stops, and not when all is quiet', () => {
    const tunnel = alive();
    const seen: number[] = [];
    for (let now = 250; now <= 20_000; now += 250) {
      const rxBytes = 92 + 100_000 * Math.min(4, now / 250);
      for (const { type } of tunnel.handle(counters(100, rxBytes, 148), now)) if (type === 'doubt') seen.push(now);
    }
    expect(seen).toEqual([1_000 + DOUBT]);
  });

  test('waits through an outage of our own network, and speaks first when it is over', () => {
    const tunnel = alive();
    tunnel.handle(consent('offline'), 1_000);
    for (let now = 1_000; now < 60_000; now += 250)
      expect(types(tunnel.handle(counters(100, 92, 148 + 10 * now), now))).toEqual([]);
    expect(tunnel.handle(consent('suspect'), 60_000)).toEqual([]);
    expect(types(tunnel.handle(consent('good'), 60_100))).toEqual(['nudge']);
    expect(tunnel.state.phase).toBe('alive');
  });

  test('whose peer gave us up while we were away is given up too, and the peer is not blamed', () => {
    const tunnel = alive();
    expect(tunnel.handle(consent('expired'), 1_000)).toMatchObject([{ type: 'lost', error: { code: 'network_away' } }]);
  });

  test('outlives lost consent while WireGuard still receives', () => {
    const tunnel = alive();
    tunnel.handle(consent('lost'), 1000);
    for (let now = 1000; now < 60_000; now += 1000)
      expect(types(tunnel.handle(counters(100, now, 148), now))).toEqual(['heard']);
    expect(tunnel.state.phase).toBe('alive');
  });

  test('is lost when consent is gone and nothing was received for as long', () => {
    const tunnel = alive();
    tunnel.handle(consent('suspect'), 3000);
    tunnel.handle({ type: 'tick' }, 100 + STALL);
    expect(tunnel.state.phase).toBe('suspect');
    const [output] = tunnel.handle(consent('lost'), 100 + STALL + 1);
    expect(output).toMatchObject({ type: 'lost', error: { code: 'tunnel_lost' } });
  });

  test('waits out its stall when consent went first', () => {
    const tunnel = alive();
    expect(tunnel.handle(consent('lost'), 2000)).toEqual([]);
    expect(tunnel.deadline()?.at).toBe(100 + STALL);
    expect(types(tunnel.handle({ type: 'tick' }, 100 + STALL))).toEqual(['lost']);
  });

  test('recovers from suspicion', () => {
    const tunnel = alive();
    tunnel.handle(consent('suspect'), 3000);
    tunnel.handle({ type: 'tick' }, 100 + STALL);
    tunnel.handle(consent('good'), 8000);
    expect(tunnel.state.phase).toBe('alive');
  });

  test('is lost when data goes out and nothing comes back, whatever STUN says', () => {
    const tunnel = alive();
    expect(tunnel.handle(counters(100, 92, 50_000), DEAD)).toEqual([]);
    expect(types(tunnel.handle(counters(100, 92, 50_000), 100 + DEAD))).toEqual(['lost']);
  });

  test('never leaves the transition table', () => {
    const inputs: readonly (TunnelInput | { type: 'tick' })[] = [
      counters(0),
      counters(5, 1, 1),
      counters(5, 1, 99_999),
      counters(6, 2, 2),
      consent('good'),
      consent('suspect'),
      consent('lost'),
      { type: 'tick' },
    ];
    const reached = new Set<string>();
    const step = fc.record({ input: fc.constantFrom(...inputs), wait: fc.nat(8_000) });
    const walk = (steps: readonly { input: TunnelInput | { type: 'tick' }; wait: number }[]) => {
      const tunnel = new Tunnel(0);
      let now = 0;
      for (const { input, wait } of steps) {
        now += wait;
        const from = tunnel.state.phase;
        tunnel.handle(input, now);
        const to = tunnel.state.phase;
        if (to === from) continue;
        expect(TUNNEL_TRANSITIONS[from]).toContain(to);
        reached.add(`${from} ${to}`);
      }
    };
    fc.assert(fc.property(fc.array(step, { maxLength: 30 }), walk), { seed: 1, numRuns: 2_000 });
    const table = Object.entries(TUNNEL_TRANSITIONS).flatMap(([from, tos]) => tos.map((to) => `${from} ${to}`));
    expect([...reached].sort()).toEqual(table.sort());
  });
});
