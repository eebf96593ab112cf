/**
 * When the client's WireGuard follows the nominated pair. On a path that works it waits for the
 * provider's word that its own side is ready: a client that moves first gets answers at its old port, where
 * WireGuard would roam back, or from a port that its router knows nothing of, and then none at all. On a path
 * that does not work there is nothing to wait for.
 */
import type { Ms } from '../../base/units.ts';
import type { TransportAddress } from '../../effects.ts';
import type { Deadline, Machine, Tick } from '../machine.ts';
import type { CandidatePair } from './api.ts';

export type HandoverInput =
  | { readonly type: 'nominated'; readonly pair: CandidatePair }
  /** What the consent checks say of the pair that was nominated last. */
  | { readonly type: 'health'; readonly good: boolean }
  /** The control connection stands: before that no word of the provider's can come. */
  | { readonly type: 'connected' }
  /** WireGuard sends on the pair in use, and nothing comes back; or something did. */
  | { readonly type: 'silent' }
  | { readonly type: 'heard' }
  /** The provider sends to this address of ours by now, from where we nominated. */
  | { readonly type: 'ready'; readonly remote: TransportAddress };

export type HandoverOutput = { readonly type: 'use'; readonly pair: CandidatePair };

/**
 * How long a provider's word is waited for while the old way carries: a machine that has too much to do takes its
 * time, and all of it passes the old way. It keeps its own old port twice as long (`GRACE`).
 */
export const READY_LIMIT: Ms = 5_000;
/** The same while the old way carries nothing yet, or is lost, the word least of all: three round trips of a far country. */
export const SILENT_LIMIT: Ms = 1_000;
/** The same where nothing comes on the old way any more: there is little left to lose by moving first. */
export const DEAD_LIMIT: Ms = 300;

interface Waiting {
  readonly pair: CandidatePair;
  readonly since: Ms;
  readonly limit: Ms;
}

export class Handover implements Machine<HandoverInput, HandoverOutput> {
  #good = false;
  #connected = false;
  #silent = false;
  #waiting: Waiting | null = null;

  handle(input: HandoverInput | Tick, now: Ms): readonly HandoverOutput[] {
    switch (input.type) {
      case 'nominated':
        this.#waiting = { pair: input.pair, since: now, limit: this.#limit };
        this.#good = true;
        break;
      case 'health':
        this.#good = input.good;
        if (!input.good) this.#hurry(SILENT_LIMIT);
        break;
      case 'connected':
        this.#connected = true;
        break;
      case 'silent':
        this.#silent = true;
        this.#hurry(DEAD_LIMIT);
        break;
      case 'heard':
        this.#silent = false;
        break;
      case 'ready':
        if (this.#waiting && isSame(this.#waiting.pair.local, input.remote)) return this.#use(this.#waiting.pair);
        break;
      case 'tick':
        break;
    }
    return this.#waiting && now >= this.#waiting.since + this.#waiting.limit ? this.#use(this.#waiting.pair) : [];
  }

  deadline(): Deadline | null {
    return this.#waiting && { at: this.#waiting.since + this.#waiting.limit, why: 'the provider is ready by now' };
  }

  get #limit(): Ms {
    if (!this.#good) return 0;
    if (this.#silent) return DEAD_LIMIT;
    return this.#connected ? READY_LIMIT : SILENT_LIMIT;
  }

  #hurry(limit: Ms): void {
    if (this.#waiting) this.#waiting = { ...this.#waiting, limit: Math.min(this.#waiting.limit, limit) };
  }

  #use(pair: CandidatePair): readonly HandoverOutput[] {
    this.#waiting = null;
    return [{ type: 'use', pair }];
  }
}

function isSame(a: TransportAddress, b: TransportAddress): boolean {
  return a.address === b.address && a.port === b.port;
}
