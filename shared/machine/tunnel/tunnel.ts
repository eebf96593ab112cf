/**
 * Is the WireGuard tunnel alive? Decided from its counters, and from what the path's consent checks
 * say. WireGuard is the truth: STUN that answers proves nothing about the tunnel, and STUN that is
 * silent proves nothing while WireGuard still receives. It must not touch a device or a socket.
 *
 *   waiting ── first handshake ─▶ alive ⇄ suspect ─▶ lost
 *      └── kick, kick … ─▶ lost
 */
import { WarrenError, type WarrenErrorData } from '../../base/errors.ts';
import type { ByteCount, Ms } from '../../base/units.ts';
import type { Deadline, Machine, Tick } from '../machine.ts';

/** WireGuard repeats a lost initiation only after 5 s (REKEY_TIMEOUT): adding the peer anew is quicker. */
export const KICK_EVERY: Ms = 1_500;
export const HANDSHAKE_LIMIT: Ms = 6_000;
/** The consent checks' own word for it (shared/machine/traversal): no sign of life for so long. */
export const STALL: Ms = 6_500;
/** KEEPALIVE_TIMEOUT + REKEY_TIMEOUT: who sent data and heard nothing for so long has no tunnel. */
export const DEAD: Ms = 15_000;
/** Sent since the last sign of life: more than keepalives (32 bytes each) can add up to in `DEAD`. */
const DATA_BYTES: ByteCount = 4_096;

export type TunnelInput =
  /** At most every 250 ms. `handshakeAt`: epoch ms, 0 when there was none. */
  | { readonly type: 'counters'; readonly handshakeAt: Ms; readonly rxBytes: ByteCount; readonly txBytes: ByteCount }
  /** What the path's consent checks say. */
  | { readonly type: 'consent'; readonly state: 'good' | 'suspect' | 'lost' };

export type TunnelOutput =
  | { readonly type: 'up' }
  /** The peer has to be removed and added again, which makes WireGuard initiate at once. */
  | { readonly type: 'kick' }
  /** WireGuard received something: as good as an answered consent check. */
  | { readonly type: 'heard' }
  | { readonly type: 'lost'; readonly error: WarrenErrorData };

interface Heard {
  readonly rxBytes: ByteCount;
  readonly handshakeAt: Ms;
  /** What we had sent by then. */
  readonly txBytes: ByteCount;
  readonly at: Ms;
}

export type TunnelState =
  | { readonly phase: 'waiting'; readonly since: Ms; readonly kickAt: Ms }
  | { readonly phase: 'alive' | 'suspect'; readonly heard: Heard; readonly consent: 'good' | 'suspect' | 'lost' }
  | { readonly phase: 'lost' };

export const TUNNEL_TRANSITIONS: Record<TunnelState['phase'], readonly TunnelState['phase'][]> = {
  waiting: ['alive', 'lost'],
  alive: ['suspect', 'lost'],
  suspect: ['alive', 'lost'],
  lost: [],
};

export class Tunnel implements Machine<TunnelInput, TunnelOutput> {
  #state: TunnelState;

  constructor(now: Ms) {
    this.#state = { phase: 'waiting', since: now, kickAt: now + KICK_EVERY };
  }

  get state(): TunnelState {
    return this.#state;
  }

  handle(input: TunnelInput | Tick, now: Ms): readonly TunnelOutput[] {
    switch (this.#state.phase) {
      case 'waiting':
        return this.#waiting(this.#state, input, now);
      case 'alive':
      case 'suspect':
        return this.#living(this.#state, input, now);
      case 'lost':
        return [];
    }
  }

  deadline(): Deadline | null {
    const s = this.#state;
    if (s.phase === 'lost') return null;
    if (s.phase === 'waiting') return { at: s.kickAt, why: 'WireGuard handshake unanswered' };
    const stalled = s.heard.at + STALL;
    // Once suspect, only counters and consent move it on: they come by themselves.
    return s.phase === 'alive' && s.consent !== 'good' ? { at: stalled, why: 'nothing received' } : null;
  }

  #waiting(s: Extract<TunnelState, { phase: 'waiting' }>, input: TunnelInput | Tick, now: Ms): readonly TunnelOutput[] {
    if (input.type === 'counters' && input.handshakeAt > 0) {
      const { rxBytes, txBytes, handshakeAt } = input;
      this.#state = { phase: 'alive', heard: { rxBytes, txBytes, handshakeAt, at: now }, consent: 'good' };
      return [{ type: 'up' }];
    }
    if (now - s.since >= HANDSHAKE_LIMIT) return this.#lose('The node found a path but its WireGuard does not answer.');
    if (now < s.kickAt) return [];
    this.#state = { ...s, kickAt: now + KICK_EVERY };
    return [{ type: 'kick' }];
  }

  #living(
    s: Extract<TunnelState, { phase: 'alive' | 'suspect' }>,
    input: TunnelInput | Tick,
    now: Ms,
  ): readonly TunnelOutput[] {
    const consent = input.type === 'consent' ? input.state : s.consent;
    if (input.type === 'counters' && (input.rxBytes !== s.heard.rxBytes || input.handshakeAt !== s.heard.handshakeAt)) {
      const { rxBytes, txBytes, handshakeAt } = input;
      this.#state = { phase: 'alive', heard: { rxBytes, txBytes, handshakeAt, at: now }, consent };
      return [{ type: 'heard' }];
    }
    const silent = now - s.heard.at;
    if (consent === 'lost' && silent >= STALL) return this.#lose('The node is not reachable any more.');
    const unanswered = input.type === 'counters' && input.txBytes - s.heard.txBytes > DATA_BYTES;
    if (unanswered && silent >= DEAD) return this.#lose('The tunnel carries nothing back any more.');
    this.#state = { ...s, consent, phase: consent !== 'good' && silent >= STALL ? 'suspect' : 'alive' };
    return [];
  }

  #lose(message: string): readonly TunnelOutput[] {
    this.#state = { phase: 'lost' };
    const error = new WarrenError(
      'tunnel_lost',
      message,
      'Warren looks for another way; nothing leaves outside the tunnel.',
    );
    return [{ type: 'lost', error: error.data() }];
  }
}
