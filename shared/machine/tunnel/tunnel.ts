/**
 * Is the WireGuard tunnel alive? Decided from its counters, and from what the path's consent checks
 * say. WireGuard is the truth: STUN that answers proves nothing about the tunnel, and STUN that is
 * silent proves nothing while WireGuard still receives. It must not touch a device or a socket.
 *
 *   waiting ── first handshake ─▶ alive ⇄ suspect ─▶ lost
 *      └── kick, kick … ─▶ lost
 */
import { type ErrorCode, WarrenError, type WarrenErrorData } from '../../base/errors.ts';
import type { ByteCount, Ms } from '../../base/units.ts';
import type { Deadline, Machine, Tick } from '../machine.ts';
import { type Heard, heardNow, isDoubtful, type Sent, sentNow } from './doubt.ts';

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
  /**
   * What the path's consent checks say. `offline`: no STUN server answers either, so it is our own network.
   * `expired`: it was away, or the machine slept, for longer than the peer waits.
   */
  | { readonly type: 'consent'; readonly state: Consent };

export type Consent = 'good' | 'suspect' | 'lost' | 'offline' | 'expired';

export type TunnelOutput =
  | { readonly type: 'up' }
  /** The peer has to be removed and added again, which makes WireGuard initiate at once. */
  | { readonly type: 'kick' }
  /** Nothing seems to come back: let the path's checks ask. */
  | { readonly type: 'doubt' }
  /** The path works again, perhaps from elsewhere: the peer's WireGuard follows the next packet, so send one. */
  | { readonly type: 'nudge' }
  /** WireGuard received something: as good as an answered consent check. */
  | { readonly type: 'heard' }
  | { readonly type: 'lost'; readonly error: WarrenErrorData };

export type TunnelState =
  | { readonly phase: 'waiting'; readonly since: Ms; readonly kickAt: Ms }
  | { readonly phase: 'alive' | 'suspect'; readonly heard: Heard; readonly sent: Sent; readonly consent: Consent }
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
      this.#state = { phase: 'alive', ...heardNow(input, null, now), consent: 'good' };
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
      this.#state = { phase: 'alive', ...heardNow(input, s.heard, now), consent };
      return [{ type: 'heard' }];
    }
    if (consent === 'offline') {
      this.#state = { ...s, phase: 'suspect', heard: { ...s.heard, at: now }, consent };
      return [];
    }
    if (consent === 'expired') return this.#lose('Your own network was away too long for the node.', 'network_away');
    const silent = now - s.heard.at;
    if (consent === 'lost' && silent >= STALL) return this.#lose('The node is not reachable any more.');
    const unanswered = input.type === 'counters' && input.txBytes - s.heard.txBytes > DATA_BYTES;
    if (unanswered && silent >= DEAD) return this.#lose('The tunnel carries nothing back any more.');
    const phase = consent !== 'good' && silent >= STALL ? 'suspect' : 'alive';
    const sent = input.type === 'counters' ? sentNow(s.sent, input.txBytes, now) : s.sent;
    const doubts = isDoubtful(s.heard, sent, now);
    this.#state = { ...s, consent, phase, sent: doubts ? { ...sent, doubtedAt: now } : sent };
    const recovered = consent === 'good' && s.consent !== 'good';
    return [...(recovered ? [{ type: 'nudge' } as const] : []), ...(doubts ? [{ type: 'doubt' } as const] : [])];
  }

  #lose(message: string, code: ErrorCode = 'tunnel_lost'): readonly TunnelOutput[] {
    this.#state = { phase: 'lost' };
    const error = new WarrenError(code, message, 'Warren looks for another way; nothing leaves outside the tunnel.');
    return [{ type: 'lost', error: error.data() }];
  }
}
