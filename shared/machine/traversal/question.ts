/** One Binding question to a STUN server: sent at 0, 100, 300 and 700 ms until it is answered. */
import { equal } from '../../base/bytes.ts';
import { canonicalIp } from '../../base/ip.ts';
import type { Ms } from '../../base/units.ts';
import type { TransportAddress } from '../../effects.ts';
import type { StunAddress, StunAttributes } from '../../wire/stun/attributes.ts';
import { BINDING, encodeStun, type ReceivedStun } from '../../wire/stun/message.ts';

const RESEND_AT: readonly Ms[] = [0, 100, 300, 700];

export interface Answer {
  readonly mapped: StunAddress;
  readonly other: StunAddress | null;
  readonly from: TransportAddress;
}

export class Question {
  readonly server: TransportAddress;
  readonly #packet: Uint8Array;
  readonly #transactionId: Uint8Array;
  readonly #startedAt: Ms;
  #sent = 0;
  #answer: Answer | null = null;
  #refused = false;

  constructor(server: TransportAddress, transactionId: Uint8Array, now: Ms, attributes: StunAttributes = {}) {
    this.server = server;
    this.#transactionId = transactionId;
    this.#startedAt = now;
    this.#packet = encodeStun({ class: 'request', method: BINDING, transactionId, attributes });
  }

  get answer(): Answer | null {
    return this.#answer;
  }

  /** Answered, or refused by the server: nothing more will come. */
  get settled(): boolean {
    return this.#answer !== null || this.#refused;
  }

  get dueAt(): Ms | null {
    const next = RESEND_AT[this.#sent];
    return this.settled || next === undefined ? null : this.#startedAt + next;
  }

  /** The packet when it is time to send it (again). */
  due(now: Ms): Uint8Array | null {
    const at = this.dueAt;
    if (at === null || at > now) return null;
    this.#sent++;
    return this.#packet;
  }

  /**
   * True when the message is this question's answer. With `anywhere` the source may differ from the
   * server asked (CHANGE-REQUEST); else an answer from elsewhere is a forgery.
   */
  take(message: ReceivedStun, from: TransportAddress, anywhere = false): boolean {
    if (this.settled || !equal(message.transactionId, this.#transactionId)) return false;
    const same = canonicalIp(from.address) === canonicalIp(this.server.address) && from.port === this.server.port;
    if (!same && !anywhere) return false;
    if (message.class === 'error') {
      this.#refused = true;
      return true;
    }
    const mapped = message.attributes.xorMappedAddress ?? message.attributes.mappedAddress;
    if (message.class !== 'success' || !mapped || mapped.port === 0) return false;
    this.#answer = { mapped, other: message.attributes.otherAddress ?? null, from };
    return true;
  }
}
