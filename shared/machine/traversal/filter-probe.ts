/**
 * Which strangers' packets the NAT lets in (RFC 5780 §4.4): asks one server to answer from its other
 * address, and from its other port. Needs a socket of its own that has asked nobody else, since a
 * question to the other address would open the very filter that is being tested.
 */
import { canonicalIp } from '../../base/ip.ts';
import type { Ms } from '../../base/units.ts';
import type { TransportAddress } from '../../effects.ts';
import { decodeStun } from '../../wire/stun/message.ts';
import { type Deadline, earliest, type Machine, type Tick } from '../machine.ts';
import type { FilterProbeOptions, FilterProbeOutput, NatBehaviour } from './api.ts';
import { Question } from './question.ts';

const TIMEOUT: Ms = 1500;

export type FilterProbeInput =
  | { readonly type: 'start' }
  | { readonly type: 'packet'; readonly packet: Uint8Array; readonly from: TransportAddress };

export class FilterProbe implements Machine<FilterProbeInput, FilterProbeOutput> {
  readonly #options: FilterProbeOptions;
  #questions: { readonly plain: Question; readonly otherPort: Question; readonly otherAddress: Question } | null = null;
  #endsAt: Ms | null = null;

  constructor(options: FilterProbeOptions) {
    this.#options = options;
  }

  handle(input: FilterProbeInput | Tick, now: Ms): readonly FilterProbeOutput[] {
    switch (input.type) {
      case 'start': {
        const ask = (changeRequest?: { ip: boolean; port: boolean }) =>
          new Question(this.#options.server, this.#options.random(12), now, changeRequest ? { changeRequest } : {});
        this.#questions = {
          plain: ask(),
          otherPort: ask({ ip: false, port: true }),
          otherAddress: ask({ ip: true, port: true }),
        };
        this.#endsAt = now + TIMEOUT;
        return this.#resend(now);
      }
      case 'packet':
        return this.#receive(input.packet, input.from);
      case 'tick':
        return this.#endsAt !== null && now >= this.#endsAt ? this.#finish() : this.#resend(now);
    }
  }

  deadline(): Deadline | null {
    if (!this.#questions || this.#endsAt === null) return null;
    const due = Object.values(this.#questions).map((q) => q.dueAt);
    return earliest(
      { at: this.#endsAt, why: 'the filtering test has taken long enough' },
      ...due.map((at) => (at === null ? null : { at, why: 'ask the STUN server again' })),
    );
  }

  #resend(now: Ms): FilterProbeOutput[] {
    return Object.values(this.#questions ?? {}).flatMap((question) => {
      const packet = question.due(now);
      return packet ? [{ type: 'send' as const, packet, to: question.server }] : [];
    });
  }

  #receive(packet: Uint8Array, from: TransportAddress): FilterProbeOutput[] {
    const message = this.#questions && this.#endsAt !== null ? decodeStun(packet) : null;
    if (!message || !this.#questions) return [];
    const { plain, otherPort, otherAddress } = this.#questions;
    plain.take(message, from);
    otherPort.take(message, from, true);
    otherAddress.take(message, from, true);
    // Only the widest answer is final, and a server's refusal; silence can only be told by time.
    const refused = [plain, otherPort, otherAddress].every((question) => question.settled);
    return otherAddress.answer || refused ? this.#finish() : [];
  }

  #finish(): FilterProbeOutput[] {
    this.#endsAt = null;
    return [{ type: 'filtering', filtering: this.#verdict() }];
  }

  #verdict(): NatBehaviour {
    if (!this.#questions) return 'unknown';
    const { plain, otherPort, otherAddress } = this.#questions;
    const { address, port } = this.#options.server;
    const elsewhere = (q: Question) =>
      q.answer && (canonicalIp(q.answer.from.address) !== canonicalIp(address) || q.answer.from.port !== port);
    if (elsewhere(otherAddress)) return 'endpoint-independent';
    if (elsewhere(otherPort)) return 'address-dependent';
    // A server that refuses CHANGE-REQUEST, or answers it from the same place, tells nothing.
    const served = plain.answer && !otherPort.settled && !otherAddress.settled;
    return served ? 'address-and-port-dependent' : 'unknown';
  }
}
