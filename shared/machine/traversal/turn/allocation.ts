/**
 * One allocation on one TURN server over one connection (RFC 8656): asked for, kept, used, given back.
 * When the server has forgotten it the machine is over; a new one begins on a fresh connection.
 */
import { canonicalIp, isUnusableIp } from '../../../base/ip.ts';
import type { Ms } from '../../../base/units.ts';
import type { TransportAddress } from '../../../effects.ts';
import { decodeStun, encodeStun, type ReceivedStun, TURN_METHOD } from '../../../wire/stun/message.ts';
import { decodeChannelData, encodeChannelData, looksLikeChannelData } from '../../../wire/turn/channel-data.ts';
import { type Deadline, earliest, type Machine, type Tick } from '../../machine.ts';
import type { AllocationInput, AllocationOptions, AllocationOutput } from './api.ts';
import { Authenticator } from './authenticator.ts';
import { FORGOTTEN, forgotten, refused, silent, turnError } from './errors.ts';
import { type Channel, Peers } from './peers.ts';
import { Requests } from './requests.ts';

const LIFETIME_SECONDS = 600;
const UDP = 17;
const TRY_ALTERNATE = 300;
/** A NAT may forget after 30 s of silence (nat.md §1): each refresh also keeps its mapping, and finds out a restart. */
const REFRESH_UDP: Ms = 25_000;
const REFRESH_STREAM: Ms = 60_000;
/** Sent for so long, heard nothing: the server is asked whether it is there. */
const SILENCE: Ms = 1_000;
/** Its answer is overdue after three round trips, but not sooner nor later than this: doubt is told. */
const DOUBT_MIN: Ms = 300;
const DOUBT_MAX: Ms = 700;
/** A tick so late means that the machine slept. */
const SLEPT: Ms = 3_000;
const RETRY_REFUSED: Ms = 20_000;

type Subject =
  | { readonly type: 'allocate' }
  | { readonly type: 'refresh' }
  | { readonly type: 'permission'; readonly address: string }
  | { readonly type: 'channel'; readonly channel: Channel };

export class Allocation implements Machine<AllocationInput, AllocationOutput> {
  readonly #options: AllocationOptions;
  readonly #authenticator: Authenticator;
  readonly #requests: Requests<Subject>;
  readonly #peers = new Peers();
  #phase: 'idle' | 'allocating' | 'allocated' | 'over' = 'idle';
  #refreshAt: Ms | null = null;
  #endsAt: Ms | null = null;
  /** The first packet since the server was last heard. */
  #unansweredSince: Ms | null = null;
  #suspect = false;

  constructor(options: AllocationOptions) {
    this.#options = options;
    this.#authenticator = new Authenticator(options.credentials);
    this.#requests = new Requests(options, this.#authenticator);
  }

  /** Asked whether it is there, the server does not answer. */
  get suspect(): boolean {
    return this.#suspect;
  }

  handle(input: AllocationInput | Tick, now: Ms): readonly AllocationOutput[] {
    if (this.#phase === 'over') return [];
    const out: AllocationOutput[] = [];
    switch (input.type) {
      case 'start':
        if (this.#phase === 'idle') this.#start(now, out);
        break;
      case 'packet':
        this.#receive(input.packet, now, out);
        break;
      case 'permit':
        this.#peers.permit(canonicalIp(input.address) ?? input.address, now);
        break;
      case 'forget':
        this.#peers.forget(canonicalIp(input.address) ?? input.address);
        break;
      case 'bind':
        this.#peers.open(canonical(input.peer), now);
        break;
      case 'transmit':
        this.#transmit(input.packet, canonical(input.to), now, out);
        break;
      case 'flow':
        if (input.received > 0) this.#heard(out);
        else if (input.sent > 0) this.#unansweredSince ??= now;
        break;
      case 'probe':
        if (this.#phase === 'allocated') this.#probe(now, out);
        break;
      case 'release':
        if (this.#phase === 'allocated') out.push(this.#request('refresh', { lifetime: 0 }, { type: 'refresh' }, now));
        this.#end();
        return out;
      case 'tick':
        this.#tick(now, out);
        break;
    }
    this.#keep(now, out);
    return out;
  }

  deadline(): Deadline | null {
    if (this.#phase === 'idle' || this.#phase === 'over') return null;
    const allocated = this.#phase === 'allocated';
    const probed = this.#requests.askedAt(({ type }) => type === 'refresh');
    return earliest(
      at(this.#requests.dueAt, 'ask the TURN server again'),
      at(allocated ? this.#peers.dueAt : null, 'renew a permission or channel'),
      at(allocated ? this.#refreshAt : null, 'refresh the allocation'),
      at(allocated ? this.#endsAt : null, 'the allocation runs out'),
      at(
        allocated && this.#unansweredSince !== null && probed === null ? this.#unansweredSince + SILENCE : null,
        'the TURN server is silent',
      ),
      at(
        allocated && probed !== null && !this.#suspect ? probed + this.#doubtAfter : null,
        'the TURN server does not answer',
      ),
    );
  }

  get #doubtAfter(): Ms {
    return Math.min(DOUBT_MAX, Math.max(DOUBT_MIN, 3 * (this.#requests.rttMs ?? DOUBT_MAX)));
  }

  #start(now: Ms, out: AllocationOutput[]): void {
    this.#phase = 'allocating';
    const attributes = {
      requestedTransport: UDP,
      lifetime: LIFETIME_SECONDS,
      // IPv4 always, IPv6 where the server has it: a peer may have either.
      additionalAddressFamily: 6,
      additionalAddressFamilyDraft: 6,
    } as const;
    out.push(this.#request('allocate', attributes, { type: 'allocate' }, now));
  }

  #request(
    method: keyof typeof TURN_METHOD,
    attributes: Parameters<Requests<Subject>['ask']>[1],
    subject: Subject,
    now: Ms,
  ): AllocationOutput {
    return { type: 'send', packet: this.#requests.ask(TURN_METHOD[method], attributes, subject, now) };
  }

  #tick(now: Ms, out: AllocationOutput[]): void {
    const due = this.deadline();
    if (due && now - due.at > SLEPT) this.#probe(now, out);
    const { packets, silent: unanswered } = this.#requests.due(now);
    for (const packet of packets) out.push({ type: 'send', packet });
    if (unanswered.some(({ type }) => type === 'allocate')) this.#fail(silent(), null, out);
    // An unanswered permission or channel ends nothing as long as the server is heard.
    const unrefreshed = unanswered.some(({ type }) => type === 'refresh');
    if (unrefreshed || (this.#endsAt !== null && now >= this.#endsAt)) this.#lose(silent(), out);
  }

  /** Whatever an allocation needs from time to time, and what the input just handled made due. */
  #keep(now: Ms, out: AllocationOutput[]): void {
    if (this.#phase !== 'allocated') return;
    for (const address of this.#peers.duePermissions(now)) {
      const attributes = { xorPeerAddresses: [{ address, port: 0 }] };
      out.push(this.#request('createPermission', attributes, { type: 'permission', address }, now));
    }
    for (const channel of this.#peers.dueChannels(now)) {
      const attributes = { channelNumber: channel.number, xorPeerAddresses: [channel.peer] };
      out.push(this.#request('channelBind', attributes, { type: 'channel', channel }, now));
    }
    const silentFor = this.#unansweredSince === null ? 0 : now - this.#unansweredSince;
    if (silentFor >= SILENCE || (this.#refreshAt !== null && now >= this.#refreshAt)) this.#probe(now, out);
    const probed = this.#requests.askedAt(({ type }) => type === 'refresh');
    if (probed === null || now - probed < this.#doubtAfter || this.#suspect) return;
    this.#suspect = true;
    out.push({ type: 'suspect' });
  }

  #probe(now: Ms, out: AllocationOutput[]): void {
    if (this.#requests.askedAt(({ type }) => type === 'refresh') !== null) return;
    out.push(this.#request('refresh', { lifetime: LIFETIME_SECONDS }, { type: 'refresh' }, now));
    this.#refreshAt = now + this.#refreshEvery(LIFETIME_SECONDS);
  }

  #refreshEvery(lifetimeSeconds: number): Ms {
    return Math.min(this.#options.reliable ? REFRESH_STREAM : REFRESH_UDP, lifetimeSeconds * 500);
  }

  #transmit(packet: Uint8Array, to: TransportAddress, now: Ms, out: AllocationOutput[]): void {
    if (this.#phase !== 'allocated' || isUnusableIp(to.address)) return;
    this.#unansweredSince ??= now;
    const channel = this.#peers.bound(to);
    if (channel !== null) {
      out.push({ type: 'send', packet: encodeChannelData(channel, packet, this.#options.reliable) });
      return;
    }
    // The permission goes out first: the server has it by the time the packet arrives.
    if (this.#peers.permit(to.address, now)) this.#keep(now, out);
    const transactionId = this.#options.random(12);
    const attributes = { xorPeerAddresses: [to], data: packet };
    const message = { class: 'indication', method: TURN_METHOD.send, transactionId, attributes } as const;
    out.push({ type: 'send', packet: encodeStun(message, { fingerprint: false }) });
  }

  #receive(packet: Uint8Array, now: Ms, out: AllocationOutput[]): void {
    if (looksLikeChannelData(packet)) {
      const data = decodeChannelData(packet);
      const from = data && this.#peers.from(data.channel);
      if (!data || !from) return;
      this.#heard(out);
      out.push({ type: 'data', packet: data.payload, from });
      return;
    }
    const message = decodeStun(packet);
    if (!message) return;
    if (message.class === 'indication' && message.method === TURN_METHOD.data) this.#indication(message, out);
    else this.#answer(message, now, out);
  }

  #indication({ attributes }: ReceivedStun, out: AllocationOutput[]): void {
    const [from] = attributes.xorPeerAddresses ?? [];
    if (this.#phase !== 'allocated' || !from || !attributes.data) return;
    this.#heard(out);
    out.push({ type: 'data', packet: attributes.data, from });
  }

  #answer(message: ReceivedStun, now: Ms, out: AllocationOutput[]): void {
    const taken = this.#requests.take(message, now);
    if (!taken) return;
    this.#heard(out);
    switch (taken.type) {
      case 'again':
        out.push({ type: 'send', packet: taken.packet });
        break;
      case 'refused':
        this.#refuse(taken.subject, now, out);
        break;
      case 'success':
        this.#succeed(taken.subject, taken.message, now, out);
        break;
      case 'error':
        this.#complain(taken.subject, taken.message, now, out);
        break;
    }
  }

  #succeed(subject: Subject, { attributes, unknownRequired }: ReceivedStun, now: Ms, out: AllocationOutput[]): void {
    const lifetime = attributes.lifetime ?? 0;
    switch (subject.type) {
      case 'allocate': {
        const relayed = (attributes.xorRelayedAddresses ?? []).filter(({ port }) => port > 0);
        if (relayed.length === 0 || lifetime === 0 || unknownRequired.length > 0) {
          this.#fail(turnError(400), null, out);
          break;
        }
        this.#phase = 'allocated';
        this.#lives(lifetime, now);
        out.push({ type: 'allocated', relayed, mapped: attributes.xorMappedAddress ?? null });
        break;
      }
      case 'refresh':
        if (lifetime === 0) this.#lose(forgotten(), out);
        else this.#lives(lifetime, now);
        break;
      case 'channel':
        subject.channel.bound = true;
        out.push({ type: 'bound', peer: subject.channel.peer, channel: subject.channel.number });
        break;
      case 'permission':
        break;
    }
  }

  #lives(lifetime: number, now: Ms): void {
    this.#endsAt = now + lifetime * 1000;
    this.#refreshAt = now + this.#refreshEvery(lifetime);
  }

  #complain(subject: Subject, { attributes }: ReceivedStun, now: Ms, out: AllocationOutput[]): void {
    const code = attributes.errorCode?.code ?? 400;
    if (subject.type === 'allocate') {
      const alternate = code === TRY_ALTERNATE ? (attributes.alternateServer ?? null) : null;
      this.#fail(turnError(code), alternate, out);
    } else if (code === FORGOTTEN) this.#lose(forgotten(), out);
    else if (code === 401 || code === 441) this.#refuse(subject, now, out);
    else this.#drop(subject);
  }

  #refuse(subject: Subject, now: Ms, out: AllocationOutput[]): void {
    if (subject.type === 'allocate') {
      this.#fail(refused(), null, out);
      return;
    }
    this.#drop(subject);
    this.#refreshAt = now + RETRY_REFUSED;
    out.push({ type: 'refused', error: refused() });
  }

  /** A channel may be asked for again; a permission is, when its time comes. */
  #drop(subject: Subject): void {
    if (subject.type === 'channel') this.#peers.close(subject.channel);
  }

  #heard(out: AllocationOutput[]): void {
    this.#unansweredSince = null;
    if (!this.#suspect) return;
    this.#suspect = false;
    out.push({ type: 'recovered' });
  }

  #lose(error: ReturnType<typeof silent>, out: AllocationOutput[]): void {
    if (this.#phase !== 'allocated') return;
    this.#end();
    out.push({ type: 'lost', error });
  }

  #fail(error: ReturnType<typeof silent>, alternate: TransportAddress | null, out: AllocationOutput[]): void {
    this.#end();
    out.push({ type: 'failed', error, alternate });
  }

  #end(): void {
    this.#phase = 'over';
    this.#requests.clear();
  }
}

function canonical({ address, port }: TransportAddress): TransportAddress {
  return { address: canonicalIp(address) ?? address, port };
}

function at(time: Ms | null, why: string): Deadline | null {
  return time === null ? null : { at: time, why };
}
