/**
 * Keeps one port of ours open on a router that speaks UPnP-IGD: renewed at half its life, another
 * external port where the first is somebody else's, given back in the end.
 */
import type { Ms } from '../../../base/units.ts';
import type { TransportAddress } from '../../../effects.ts';
import type { Deadline, Machine, Tick } from '../../machine.ts';
import type { Random } from '../api.ts';
import { isReachable } from './external.ts';

export type IgdMappingInput =
  | { readonly type: 'start' }
  | { readonly type: 'mapped'; readonly external: TransportAddress }
  /** Not this external port. */
  | { readonly type: 'refused' }
  /** The router has no such service. */
  | { readonly type: 'absent' }
  | { readonly type: 'stop' };

export type IgdMappingOutput =
  /** `lifetime` in seconds. */
  | { readonly type: 'map'; readonly externalPort: number; readonly lifetime: number }
  | { readonly type: 'unmap'; readonly externalPort: number }
  /** Null: there is none (any more). Said on each change. */
  | { readonly type: 'external'; readonly external: TransportAddress | null };

/** Seconds. */
const LIFETIME = 3_600;
const ASK_AGAIN: Ms = 300_000;
/** Somebody else's mapping of the port that we want: a few others are tried. */
const MAX_TRIES = 3;
const FIRST_PORT = 1_024;

export class IgdMapping implements Machine<IgdMappingInput, IgdMappingOutput> {
  readonly #port: number;
  readonly #random: Random;
  #state: 'idle' | 'asking' | 'resting' | 'over' = 'idle';
  #wanted: number;
  #tries = 0;
  #at: Ms = 0;
  #external: TransportAddress | null = null;

  constructor({ port, random }: { readonly port: number; readonly random: Random }) {
    this.#port = port;
    this.#random = random;
    this.#wanted = port;
  }

  handle(input: IgdMappingInput | Tick, now: Ms): readonly IgdMappingOutput[] {
    if (this.#state === 'over') {
      // The router opened it while we left.
      return input.type === 'mapped' ? [{ type: 'unmap', externalPort: input.external.port }] : [];
    }
    switch (input.type) {
      case 'start':
        return this.#state === 'idle' ? this.#ask() : [];
      case 'mapped':
        return this.#state === 'asking' ? this.#hold(input.external, now) : [];
      case 'refused':
        return this.#state === 'asking' ? this.#tryAnother(now) : [];
      case 'absent':
        return this.#state === 'asking' ? this.#rest(now) : [];
      case 'stop':
        this.#state = 'over';
        return this.#external ? [{ type: 'unmap', externalPort: this.#external.port }] : [];
      case 'tick':
        return this.#state === 'resting' && now >= this.#at ? this.#ask() : [];
    }
  }

  deadline(): Deadline | null {
    return this.#state === 'resting' ? { at: this.#at, why: 'renew the mapped port' } : null;
  }

  #ask(): IgdMappingOutput[] {
    this.#state = 'asking';
    return [{ type: 'map', externalPort: this.#wanted, lifetime: LIFETIME }];
  }

  #hold(external: TransportAddress, now: Ms): IgdMappingOutput[] {
    this.#state = 'resting';
    this.#tries = 0;
    this.#at = now + (LIFETIME / 2) * 1_000;
    if (isReachable(external)) return this.#say(external);
    // Of no use to anybody, so it is not left open either.
    this.#at = now + ASK_AGAIN;
    return [{ type: 'unmap', externalPort: external.port }, ...this.#say(null)];
  }

  #tryAnother(now: Ms): IgdMappingOutput[] {
    if (!this.#external && ++this.#tries < MAX_TRIES) {
      const [high = 0, low = 0] = this.#random(2);
      this.#wanted = FIRST_PORT + ((high * 256 + low) % (65_536 - FIRST_PORT));
      return this.#ask();
    }
    return this.#rest(now);
  }

  #rest(now: Ms): IgdMappingOutput[] {
    this.#state = 'resting';
    this.#tries = 0;
    this.#wanted = this.#port;
    this.#at = now + ASK_AGAIN;
    return this.#say(null);
  }

  #say(external: TransportAddress | null): IgdMappingOutput[] {
    const known = this.#external;
    if (known?.address === external?.address && known?.port === external?.port) return [];
    this.#external = external;
    return [{ type: 'external', external }];
  }
}
