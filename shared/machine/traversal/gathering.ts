/**
 * Finds out under which addresses the world sees one socket, what kind of NAT is in between, and
 * keeps the mappings fresh. It must not send anything but Binding requests to the given servers
 * (and at most two more to the other address that a server names).
 */
import { canonicalIp, isUnusableIp } from '../../base/ip.ts';
import type { Ms } from '../../base/units.ts';
import type { TransportAddress } from '../../effects.ts';
import { decodeStun } from '../../wire/stun/message.ts';
import { type Deadline, earliest, type Machine, type Tick } from '../machine.ts';
import type { GatheringInput, GatheringOptions, GatheringOutput, Nat } from './api.ts';
import { addressKey, localCandidates } from './candidates.ts';
import { mappingBehaviour, type Sighting } from './classify.ts';
import { Question } from './question.ts';

const MAX_SERVERS = 8;
const MAX_EXTRA_QUESTIONS = 2;
const DEFAULT_TIMEOUT: Ms = 1500;
/**
 * A server that is gone must not hold up every connect: once one has answered, and once the mapping is
 * known, the others have so much longer. What they say later still counts.
 */
const AFTER_FIRST_ANSWER: Ms = 400;
const AFTER_VERDICT: Ms = 150;
/** RFC 4787 §4.3 lets a NAT forget after 2 min, real ones do after 30 s: 20–25 s, as Tailscale (nat.md §1). */
const REFRESH_MIN: Ms = 20_000;
const REFRESH_SPREAD: Ms = 5_000;
/** A tick so late means that the machine slept: mappings are gone. */
const SLEPT: Ms = 3_000;

export class Gathering implements Machine<GatheringInput, GatheringOutput> {
  readonly #servers: readonly TransportAddress[];
  readonly #options: GatheringOptions;
  #hosts: readonly TransportAddress[];
  #questions: Question[] = [];
  #extra = 0;
  #roundEndsAt: Ms | null = null;
  /** The silent are waited for no longer; null before the first answer. */
  #enoughAt: Ms | null = null;
  #refreshAt: Ms | null = null;
  /** A refresh speaks only when something changed; a start or network change always does. */
  #quiet = false;
  #last: string | null = null;
  #sightings: readonly Sighting[] = [];

  constructor(options: GatheringOptions) {
    this.#options = options;
    this.#hosts = options.hosts;
    this.#servers = options.servers
      .slice(0, MAX_SERVERS)
      .map((s) => ({ ...s, address: canonicalIp(s.address) ?? s.address }));
  }

  handle(input: GatheringInput | Tick, now: Ms): readonly GatheringOutput[] {
    switch (input.type) {
      case 'start':
        return this.#ask(now, false);
      case 'network':
        this.#hosts = input.hosts;
        this.#sightings = [];
        return this.#ask(now, false);
      case 'packet':
        return this.#receive(input.packet, input.from, now);
      case 'tick':
        return this.#tick(now);
      case 'stop':
        this.#questions = [];
        this.#roundEndsAt = null;
        this.#enoughAt = null;
        this.#refreshAt = null;
        return [];
    }
  }

  deadline(): Deadline | null {
    const resend = this.#roundEndsAt === null ? [] : this.#questions.map((q) => q.dueAt);
    return earliest(
      ...resend.map((at) => (at === null ? null : { at, why: 'ask STUN servers again' })),
      this.#roundEndsAt === null ? null : { at: this.#roundEndsAt, why: 'gathering has taken long enough' },
      this.#enoughAt === null ? null : { at: this.#enoughAt, why: 'enough servers have answered' },
      this.#refreshAt === null ? null : { at: this.#refreshAt, why: 'refresh NAT mappings' },
    );
  }

  #ask(now: Ms, quiet: boolean): GatheringOutput[] {
    this.#questions = this.#servers.map((server) => new Question(server, this.#options.random(12), now));
    this.#extra = 0;
    this.#enoughAt = null;
    this.#quiet = quiet;
    this.#roundEndsAt = now + (this.#options.timeout ?? DEFAULT_TIMEOUT);
    const [draw = 0] = this.#options.random(1);
    this.#refreshAt = now + REFRESH_MIN + (draw / 255) * REFRESH_SPREAD;
    return this.#servers.length === 0 ? this.#finish() : this.#resend(now);
  }

  #tick(now: Ms): GatheringOutput[] {
    const due = this.deadline();
    const slept = due !== null && now - due.at > SLEPT;
    if (slept || (this.#refreshAt !== null && now >= this.#refreshAt)) return this.#ask(now, !slept);
    if (this.#roundEndsAt !== null && now >= this.#roundEndsAt) return this.#finish();
    if (this.#enoughAt !== null && now >= this.#enoughAt) return this.#settle(now);
    return this.#resend(now);
  }

  #resend(now: Ms): GatheringOutput[] {
    const out: GatheringOutput[] = [];
    for (const question of this.#questions) {
      const packet = question.due(now);
      if (packet) out.push({ type: 'send', packet, to: question.server });
    }
    return out;
  }

  #receive(packet: Uint8Array, from: TransportAddress, now: Ms): GatheringOutput[] {
    // A node's clients send some hundred packets a second, and nothing is asked most of the time.
    if (this.#questions.every((question) => question.settled)) return [];
    const message = decodeStun(packet);
    if (!message || !this.#questions.some((question) => question.take(message, from))) return [];
    // A late answer of a finished round still tells something.
    if (this.#roundEndsAt === null) return this.#conclude(true);
    if (this.#questions.every((question) => question.settled)) return this.#settle(now);
    const seen = this.#seen();
    const known = mappingBehaviour(seen) !== 'unknown';
    if (seen.length > 0) this.#enoughAt ??= now + AFTER_FIRST_ANSWER;
    if (known && this.#enoughAt !== null) this.#enoughAt = Math.min(this.#enoughAt, now + AFTER_VERDICT);
    return [];
  }

  /** The answers so far are what there is, unless one more question would tell what they leave open. */
  #settle(now: Ms): GatheringOutput[] {
    const more = this.#followUp(now);
    if (more.length === 0) return this.#finish();
    this.#enoughAt = now + AFTER_FIRST_ANSWER;
    return more;
  }

  /** RFC 5780 §4.3: when the answers so far leave the mapping open, ask a server's other address too. */
  #followUp(now: Ms): GatheringOutput[] {
    const behaviour = mappingBehaviour(this.#seen());
    const onlyOne = behaviour === 'unknown';
    if ((!onlyOne && behaviour !== 'address-and-port-dependent') || this.#extra >= MAX_EXTRA_QUESTIONS) return [];
    const asked = new Set(this.#questions.map((q) => addressKey(q.server)));
    for (const { server, answer } of this.#questions) {
      if (!answer?.other) continue;
      // Same port on the other address; or, for a NAT that is hard anyway, the other port on the same one.
      const to = onlyOne
        ? { address: answer.other.address, port: server.port }
        : { address: server.address, port: answer.other.port };
      const unusable = isUnusableIp(to.address) && !isUnusableIp(server.address);
      if (to.port === 0 || unusable || asked.has(addressKey(to))) continue;
      this.#extra++;
      this.#questions.push(new Question(to, this.#options.random(12), now));
      return this.#resend(now);
    }
    return [];
  }

  #finish(): GatheringOutput[] {
    this.#roundEndsAt = null;
    this.#enoughAt = null;
    const answered = this.#questions.some((question) => question.answer);
    const out = this.#conclude(this.#quiet);
    if (answered || this.#quiet) return out;
    return [
      ...out,
      {
        type: 'unanswered',
        error: {
          code: 'stun_unreachable',
          message: 'No STUN server answered, so the address of this network is unknown.',
          action: 'Check that UDP is allowed on this network.',
        },
      },
    ];
  }

  #conclude(quiet: boolean): GatheringOutput[] {
    const seen = this.#seen();
    if (seen.length > 0) this.#sightings = seen;
    const reflexive = this.#sightings.map((s) => s.mapped);
    const candidates = localCandidates(this.#hosts, reflexive);
    const nat = this.#nat();
    const summary = JSON.stringify([candidates, nat]);
    if (quiet && summary === this.#last) return [];
    this.#last = summary;
    return [{ type: 'gathered', candidates, nat }];
  }

  #seen(): Sighting[] {
    return this.#questions.flatMap(({ server, answer }) => (answer ? [{ server, mapped: answer.mapped }] : []));
  }

  #nat(): Nat {
    const [first] = this.#sightings;
    const own = new Set(this.#hosts.map((h) => canonicalIp(h.address)));
    const local = this.#hosts[0]?.port;
    return {
      mapping: mappingBehaviour(this.#sightings),
      filtering: 'unknown',
      translated: first ? !own.has(first.mapped.address) : null,
      portPreserved: first !== undefined && first.mapped.port === local,
    };
  }
}
