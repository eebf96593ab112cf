/**
 * When the client's WireGuard follows the nominated pair. On a path that works it waits for the
 * provider's word that its own side is ready: a client that moves first gets answers at its old port, and
 * WireGuard would roam back. On a path that does not work there is nothing to wait for.
 */
import type { Ms } from '../../base/units.ts';
import type { TransportAddress } from '../../effects.ts';
import type { Deadline, Machine, Tick } from '../machine.ts';
import type { CandidatePair } from './api.ts';

export type HandoverInput =
  | { readonly type: 'nominated'; readonly pair: CandidatePair }
  /** What the consent checks say of the pair in use. */
  | { readonly type: 'health'; readonly good: boolean }
  /** The provider sends to this address of ours by now, from where we nominated. */
  | { readonly type: 'ready'; readonly remote: TransportAddress };

export type HandoverOutput = { readonly type: 'use'; readonly pair: CandidatePair };

/** Three round trips of a far country; a provider that says nothing has followed by then all the same. */
export const READY_LIMIT: Ms = 1_000;

export class Handover implements Machine<HandoverInput, HandoverOutput> {
  #good = false;
  #waiting: { readonly pair: CandidatePair; readonly until: Ms } | null = null;

  handle(input: HandoverInput | Tick, now: Ms): readonly HandoverOutput[] {
    switch (input.type) {
      case 'nominated':
        this.#waiting = { pair: input.pair, until: this.#good ? now + READY_LIMIT : now };
        this.#good = true;
        break;
      case 'health':
        this.#good = input.good;
        break;
      case 'ready':
        if (this.#waiting && isSame(this.#waiting.pair.local, input.remote)) return this.#use(this.#waiting.pair);
        break;
      case 'tick':
        break;
    }
    return this.#waiting && now >= this.#waiting.until ? this.#use(this.#waiting.pair) : [];
  }

  deadline(): Deadline | null {
    return this.#waiting && { at: this.#waiting.until, why: 'the provider is ready by now' };
  }

  #use(pair: CandidatePair): readonly HandoverOutput[] {
    this.#waiting = null;
    return [{ type: 'use', pair }];
  }
}

function isSame(a: TransportAddress, b: TransportAddress): boolean {
  return a.address === b.address && a.port === b.port;
}
