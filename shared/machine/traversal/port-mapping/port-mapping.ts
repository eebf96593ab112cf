/**
 * Keeps one port of ours open on the home router: PCP first, NAT-PMP where the router speaks only that;
 * renewed at half its life, given back in the end. A router that says nothing is asked again later.
 */
import type { Ms } from '../../../base/units.ts';
import type { TransportAddress } from '../../../effects.ts';
import {
  decodePortControl,
  encodePcpMap,
  encodePmpAddress,
  encodePmpMap,
  type MapRequest,
  type PortControlAnswer,
} from '../../../wire/port-control.ts';
import type { Deadline, Machine, Tick } from '../../machine.ts';
import type { Random } from '../api.ts';
import { isReachable } from './external.ts';

export interface PortMappingOptions {
  readonly client: string;
  readonly port: number;
  readonly random: Random;
}

export type PortMappingInput =
  | { readonly type: 'start' }
  | { readonly type: 'packet'; readonly packet: Uint8Array }
  /** The router's port is closed: nothing is to be had there. */
  | { readonly type: 'refused' }
  | { readonly type: 'stop' };

export type PortMappingOutput =
  | { readonly type: 'send'; readonly packet: Uint8Array }
  /** Null: there is none (any more). Said once after `start`, and on each change. */
  | { readonly type: 'external'; readonly external: TransportAddress | null };

/** Seconds; the router may give less. */
const LIFETIME = 7_200;
const LEAST_LIFETIME: Ms = 60_000;
/** Between two renewals, however short the router's leases are. */
const LEAST_PAUSE: Ms = 5_000;
/** Pauses between repetitions (RFC 6886 §3.1 starts at 250 ms). */
const REPEAT: readonly Ms[] = [250, 500, 1_000, 2_000];
const ASK_AGAIN: Ms = 300_000;

export class PortMapping implements Machine<PortMappingInput, PortMappingOutput> {
  readonly #request: MapRequest;
  #state: 'idle' | 'asking' | 'resting' | 'over' = 'idle';
  #elder = false;
  #tries = 0;
  #at: Ms = 0;
  /** When the mapping ends unless it is renewed. */
  #endsAt: Ms = 0;
  #external: TransportAddress | null = null;
  #said = false;
  /** NAT-PMP's two halves. */
  #address: string | null = null;
  #mapped: { readonly port: number; readonly lifetime: number } | null = null;

  constructor({ client, port, random }: PortMappingOptions) {
    this.#request = { client, nonce: random(12), port, lifetime: LIFETIME };
  }

  handle(input: PortMappingInput | Tick, now: Ms): readonly PortMappingOutput[] {
    const out: PortMappingOutput[] = [];
    if (this.#state === 'over') return out;
    switch (input.type) {
      case 'start':
        this.#ask(now);
        break;
      case 'packet': {
        const answer = decodePortControl(input.packet, this.#request);
        if (answer && this.#state === 'asking') this.#hear(answer, now, out);
        break;
      }
      case 'refused':
        if (this.#state === 'asking') this.#rest(now, out);
        break;
      case 'stop':
        this.#state = 'over';
        // NAT-PMP may have opened the port although its address never came.
        return this.#external || this.#mapped ? this.#packets(0) : [];
      case 'tick':
        break;
    }
    if (this.#state === 'resting' && now >= this.#at) this.#ask(now);
    if (this.#state === 'asking' && now >= this.#at) this.#repeat(now, out);
    return out;
  }

  deadline(): Deadline | null {
    if (this.#state !== 'asking' && this.#state !== 'resting') return null;
    return { at: this.#at, why: this.#state === 'asking' ? 'ask the router again' : 'renew the mapped port' };
  }

  #ask(now: Ms): void {
    this.#state = 'asking';
    this.#tries = 0;
    this.#at = now;
    this.#address = null;
    this.#mapped = null;
  }

  #repeat(now: Ms, out: PortMappingOutput[]): void {
    const pause = REPEAT[this.#tries++];
    if (pause === undefined) {
      this.#rest(now, out);
      return;
    }
    out.push(...this.#packets(LIFETIME));
    this.#at = now + pause;
  }

  #packets(lifetime: number): PortMappingOutput[] {
    const request = { ...this.#request, lifetime };
    if (!this.#elder) return [{ type: 'send', packet: encodePcpMap(request) }];
    return [encodePmpMap(request), encodePmpAddress()].map((packet) => ({ type: 'send', packet }));
  }

  #hear(answer: PortControlAnswer, now: Ms, out: PortMappingOutput[]): void {
    if (answer.type === 'elder' && !this.#elder) {
      this.#elder = true;
      this.#ask(now);
    } else if (answer.type === 'refused' || answer.type === 'elder') {
      this.#rest(now, out);
    } else if (answer.type === 'mapped') {
      this.#hold(answer.external, answer.lifetime, now, out);
    } else {
      if (answer.type === 'address') this.#address = answer.address;
      else this.#mapped = answer;
      if (this.#address && this.#mapped)
        this.#hold({ address: this.#address, port: this.#mapped.port }, this.#mapped.lifetime, now, out);
    }
  }

  #hold(external: TransportAddress, lifetime: number, now: Ms, out: PortMappingOutput[]): void {
    if (!isReachable(external)) {
      // Of no use to anybody, so it is not left open either.
      out.push(...this.#packets(0));
      this.#mapped = null;
      this.#rest(now, out);
      return;
    }
    const life = Math.min(lifetime, LIFETIME) * 1_000;
    this.#state = 'resting';
    this.#at = now + Math.max(life / 2, LEAST_PAUSE);
    this.#endsAt = now + life;
    this.#say(external, out);
  }

  /** No answer that helps: what we have stays until it ends. */
  #rest(now: Ms, out: PortMappingOutput[]): void {
    this.#state = 'resting';
    const left = this.#external ? this.#endsAt - now : 0;
    this.#at = now + (left > LEAST_LIFETIME ? left / 2 : ASK_AGAIN);
    if (left <= 0) this.#say(null, out);
  }

  #say(external: TransportAddress | null, out: PortMappingOutput[]): void {
    const known = this.#external;
    if (this.#said && known?.address === external?.address && known?.port === external?.port) return;
    this.#said = true;
    this.#external = external;
    out.push({ type: 'external', external });
  }
}
