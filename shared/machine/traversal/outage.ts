/**
 * Whether it is our own network that is down: nothing comes back from the peer, and no STUN server answers
 * either. Then no node is to blame for its silence; the servers are asked until one answers, and the path
 * is looked at in that moment.
 *
 *   well ── silent ─▶ asking ── no answer ─▶ offline ── answer ─▶ well
 */
import type { Ms } from '../../base/units.ts';
import type { Deadline, Machine, Tick } from '../machine.ts';

export type OutageInput =
  /** Nothing comes back from the peer. */
  | { readonly type: 'silent' }
  /** Somebody out there was heard: a STUN server, or the peer. */
  | { readonly type: 'heard' };

export type OutageOutput =
  /** Ask the STUN servers, all anew. */
  { readonly type: 'ask' } | { readonly type: 'offline'; readonly offline: boolean };

/** A server that takes longer than this is on the other side of the world, or not there. */
export const ANSWER_WITHIN: Ms = 600;
/** Each asking is repeated within itself (question.ts), so that something goes out every 400 ms at least. */
const ASK_AGAIN: Ms = 800;
/** Cut off for longer than this, the same node is no longer waited for. */
export const LONGEST_OUTAGE: Ms = 90_000;

type State =
  | { readonly phase: 'well' }
  | { readonly phase: 'asking'; readonly until: Ms }
  | { readonly phase: 'offline'; readonly since: Ms; readonly askAt: Ms };

export class Outage implements Machine<OutageInput, OutageOutput> {
  #state: State = { phase: 'well' };
  /** No more outage is believed in until somebody was heard. */
  #spent = false;

  handle(input: OutageInput | Tick, now: Ms): readonly OutageOutput[] {
    const s = this.#state;
    switch (input.type) {
      case 'silent':
        if (s.phase !== 'well' || this.#spent) return [];
        this.#state = { phase: 'asking', until: now + ANSWER_WITHIN };
        return [{ type: 'ask' }];
      case 'heard':
        this.#spent = false;
        this.#state = { phase: 'well' };
        return s.phase === 'offline' ? [{ type: 'offline', offline: false }] : [];
      case 'tick':
        return this.#tick(s, now);
    }
  }

  get offline(): boolean {
    return this.#state.phase === 'offline';
  }

  deadline(): Deadline | null {
    const s = this.#state;
    if (s.phase === 'asking') return { at: s.until, why: 'no STUN server answers' };
    return s.phase === 'offline' ? { at: s.askAt, why: 'ask the STUN servers again' } : null;
  }

  #tick(s: State, now: Ms): readonly OutageOutput[] {
    if (s.phase === 'asking' && now >= s.until) {
      this.#state = { phase: 'offline', since: now, askAt: now + ASK_AGAIN };
      return [{ type: 'offline', offline: true }, { type: 'ask' }];
    }
    if (s.phase !== 'offline' || now < s.askAt) return [];
    if (now - s.since >= LONGEST_OUTAGE) {
      this.#spent = true;
      this.#state = { phase: 'well' };
      return [{ type: 'offline', offline: false }];
    }
    this.#state = { ...s, askAt: now + ASK_AGAIN };
    return [{ type: 'ask' }];
  }
}
