/** Requests under way on one connection: repeated where packets get lost, signed anew when the server asks. */
import { toHex } from '../../../base/bytes.ts';
import type { Ms } from '../../../base/units.ts';
import type { StunAttributes } from '../../../wire/stun/attributes.ts';
import type { ReceivedStun } from '../../../wire/stun/message.ts';
import type { Random } from '../api.ts';
import type { Authenticator } from './authenticator.ts';

/**
 * When a request is sent again, counted from the first sending; then twice a second (RFC 8489 §6.2.1 doubles from
 * 500): a server that starts again is found soon after.
 */
const RESEND_AT: readonly Ms[] = [200, 500, 1000];
const RESEND_EVERY: Ms = 500;
const GIVE_UP: Ms = 8_000;
/** 401, then 438 of a server that has just restarted, and one more. */
const MAX_CHALLENGES = 3;

interface Pending<Subject> {
  readonly method: number;
  readonly attributes: StunAttributes;
  readonly subject: Subject;
  readonly startedAt: Ms;
  readonly packet: Uint8Array;
  readonly signed: boolean;
  readonly challenges: number;
  sent: number;
}

export type Taken<Subject> =
  | { readonly type: 'again'; readonly packet: Uint8Array }
  | { readonly type: 'refused'; readonly subject: Subject }
  | { readonly type: 'success' | 'error'; readonly subject: Subject; readonly message: ReceivedStun };

export class Requests<Subject> {
  readonly #reliable: boolean;
  readonly #random: Random;
  readonly #authenticator: Authenticator;
  readonly #pending = new Map<string, Pending<Subject>>();
  #rttMs: Ms | null = null;

  constructor(options: { readonly reliable: boolean; readonly random: Random }, authenticator: Authenticator) {
    this.#reliable = options.reliable;
    this.#random = options.random;
    this.#authenticator = authenticator;
  }

  /** @returns the packet to send now. */
  ask(method: number, attributes: StunAttributes, subject: Subject, now: Ms, challenges = 0): Uint8Array {
    const transactionId = this.#random(12);
    const packet = this.#authenticator.encode({ class: 'request', method, transactionId, attributes });
    const signed = this.#authenticator.ready;
    const pending = { method, attributes, subject, startedAt: now, packet, signed, challenges, sent: 1 };
    this.#pending.set(toHex(transactionId), pending);
    return packet;
  }

  /** How long the last answer took, repetitions included; null before the first. */
  get rttMs(): Ms | null {
    return this.#rttMs;
  }

  /** When the oldest request that fits has been sent; null when none is under way. */
  askedAt(fits: (subject: Subject) => boolean): Ms | null {
    for (const { subject, startedAt } of this.#pending.values()) if (fits(subject)) return startedAt;
    return null;
  }

  /** What is to be sent again, and whose answer is not waited for any longer. */
  due(now: Ms): { readonly packets: readonly Uint8Array[]; readonly silent: readonly Subject[] } {
    const packets: Uint8Array[] = [];
    const silent: Subject[] = [];
    for (const [id, pending] of this.#pending) {
      if (now >= pending.startedAt + GIVE_UP) {
        this.#pending.delete(id);
        silent.push(pending.subject);
      } else if (now >= this.#dueAt(pending)) {
        pending.sent++;
        packets.push(pending.packet);
      }
    }
    return { packets, silent };
  }

  get dueAt(): Ms | null {
    const times = [...this.#pending.values()].map((p) => Math.min(this.#dueAt(p), p.startedAt + GIVE_UP));
    return times.length > 0 ? Math.min(...times) : null;
  }

  /** Null: no answer to any request of ours, or a forged one. */
  take(message: ReceivedStun, now: Ms): Taken<Subject> | null {
    const id = toHex(message.transactionId);
    const pending = this.#pending.get(id);
    if (!pending || message.method !== pending.method || message.class === 'request') return null;
    if (message.class === 'indication') return null;
    const { subject } = pending;
    const verdict = this.#authenticator.judge(message, pending.signed);
    if (verdict === 'forged') return null;
    this.#pending.delete(id);
    this.#rttMs = now - pending.startedAt;
    if (verdict === 'again' && pending.challenges < MAX_CHALLENGES) {
      return {
        type: 'again',
        packet: this.ask(pending.method, pending.attributes, subject, now, pending.challenges + 1),
      };
    }
    if (verdict !== 'genuine') return { type: 'refused', subject };
    return { type: message.class, subject, message };
  }

  clear(): void {
    this.#pending.clear();
  }

  #dueAt({ startedAt, sent }: Pending<Subject>): Ms {
    if (this.#reliable) return Number.POSITIVE_INFINITY;
    const last = RESEND_AT.length - 1;
    const at = RESEND_AT[sent - 1] ?? (RESEND_AT[last] as Ms) + (sent - 1 - last) * RESEND_EVERY;
    return startedAt + at;
  }
}
