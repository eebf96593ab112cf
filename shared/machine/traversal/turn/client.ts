/**
 * Keeps one relayed address at hand: gets leave, races the transports, replaces an allocation that is
 * lost or in doubt by a new one, before the old one goes where that can be. One over a stream only stands
 * in for one over UDP: beside it until that is lost, and UDP is tried again and again. Each allocation is
 * a base of its own (RFC 8445 §3), for its address is.
 */
import type { WarrenErrorData } from '../../../base/errors.ts';
import { isPrivateIp, isUnusableIp } from '../../../base/ip.ts';
import type { Ms } from '../../../base/units.ts';
import type { TurnServer } from '../../../wire/turn/uri.ts';
import { type Deadline, earliest, type Machine, type Tick } from '../../machine.ts';
import type { BaseId, Random } from '../api.ts';
import { Allocation } from './allocation.ts';
import type { AllocationInput, AllocationOutput, TurnGrant, TurnInput, TurnOutput } from './api.ts';
import { refused, silent } from './errors.ts';
import { Race } from './race.ts';

/** A grant that ends sooner than this, or is more than half used up, is not worth a new allocation. */
const GRANT_MARGIN: Ms = 30_000;
/** A replaced allocation goes on receiving for so long: peers still send there. */
const DRAIN: Ms = 15_000;
const BACKOFF: readonly Ms[] = [500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000, 60_000];
/** Which of several failures is told: the first that says more than silence. */
const TELLING: readonly string[] = ['turn_full', 'turn_refused', 'turn_unreachable'];

interface Held {
  readonly base: BaseId;
  readonly server: TurnServer;
  readonly allocation: Allocation;
  state: 'trying' | 'up' | 'retiring';
  retireAt: Ms | null;
  /** Its credentials are no good any more. */
  refused: boolean;
}

const isStream = ({ server }: Held): boolean => server.transport !== 'udp';
const isWell = ({ allocation, refused }: Held): boolean => !allocation.suspect && !refused;

export class TurnClient implements Machine<TurnInput, TurnOutput> {
  readonly #random: Random;
  readonly #held = new Map<BaseId, Held>();
  readonly #permitted = new Set<string>();
  #grant: TurnGrant | null = null;
  #grantGoodUntil: Ms = 0;
  #state: 'idle' | 'running' | 'over' = 'idle';
  #fetching = false;
  #race: Race | null = null;
  #errors: WarrenErrorData[] = [];
  #retryAt: Ms | null = null;
  #failures = 0;
  #count = 0;

  constructor(options: { readonly random: Random }) {
    this.#random = options.random;
  }

  handle(input: TurnInput | Tick, now: Ms): readonly TurnOutput[] {
    if (this.#state === 'over') return [];
    const out: TurnOutput[] = [];
    switch (input.type) {
      case 'start':
        this.#state = 'running';
        this.#begin(now, out);
        break;
      case 'grant':
        this.#fetching = false;
        this.#granted(input.grant, now, out);
        break;
      case 'ungranted':
        this.#fetching = false;
        this.#later([input.error], now, out);
        break;
      case 'permit':
      case 'forget':
        if (input.type === 'permit') this.#permitted.add(input.address);
        else this.#permitted.delete(input.address);
        for (const held of this.#held.values()) this.#feed(held, input, now, out);
        break;
      case 'wake':
        for (const held of this.#held.values()) this.#feed(held, { type: 'probe' }, now, out);
        this.#failures = 0;
        if (this.#held.size === 0 || this.#retryAt !== null) this.#begin(now, out);
        break;
      case 'stop':
        for (const held of [...this.#held.values()]) this.#release(held, now, out);
        this.#state = 'over';
        return out;
      case 'tick':
        this.#tick(now, out);
        break;
      default:
        this.#toBase(input, now, out);
    }
    this.#go(now, out);
    return out;
  }

  deadline(): Deadline | null {
    if (this.#state !== 'running') return null;
    const trying = this.#trying();
    return earliest(
      ...[...this.#held.values()].map(({ allocation }) => allocation.deadline()),
      ...[...this.#held.values()].map(({ retireAt }) =>
        retireAt === null ? null : { at: retireAt, why: 'give the replaced allocation back' },
      ),
      this.#race && (trying || !this.#race.over) ? this.#race.deadline() : null,
      this.#retryAt === null ? null : { at: this.#retryAt, why: 'try the TURN servers again' },
    );
  }

  #toBase(input: Extract<TurnInput, { base: BaseId }>, now: Ms, out: TurnOutput[]): void {
    const held = this.#held.get(input.base);
    if (!held) return;
    if (input.type === 'connected') this.#feed(held, { type: 'start' }, now, out);
    else if (input.type === 'closed') this.#gone(held, silent(), now, out);
    else this.#feed(held, input, now, out);
  }

  #feed(held: Held, input: AllocationInput | Tick, now: Ms, out: TurnOutput[]): void {
    for (const output of held.allocation.handle(input, now)) this.#on(held, output, now, out);
  }

  #on(held: Held, output: AllocationOutput, now: Ms, out: TurnOutput[]): void {
    const { base } = held;
    switch (output.type) {
      case 'send':
      case 'data':
      case 'bound':
        out.push({ ...output, base });
        break;
      case 'allocated':
        this.#up(held, output, now, out);
        break;
      case 'suspect':
        if (held.state === 'up') this.#replace(now, out);
        break;
      case 'recovered':
        if (held.state === 'up') this.#stands(held, now, out);
        break;
      case 'refused':
        this.#grantGoodUntil = now;
        held.refused = true;
        if (held.state === 'up') this.#replace(now, out);
        break;
      case 'failed':
        this.#failed(held, output, now, out);
        break;
      case 'lost':
        this.#gone(held, output.error, now, out);
        break;
    }
  }

  #up(held: Held, allocated: Extract<AllocationOutput, { type: 'allocated' }>, now: Ms, out: TurnOutput[]): void {
    held.state = 'up';
    this.#stands(held, now, out);
    const { relayed, mapped } = allocated;
    out.push({ type: 'up', base: held.base, server: held.server, relayed, mapped });
    for (const address of this.#permitted) this.#feed(held, { type: 'permit', address }, now, out);
  }

  #failed(
    held: Held,
    { error, alternate }: Extract<AllocationOutput, { type: 'failed' }>,
    now: Ms,
    out: TurnOutput[],
  ): void {
    this.#drop(held, out);
    // Not into our own network, whatever a server says.
    if (alternate && !isUnusableIp(alternate.address) && !isPrivateIp(alternate.address)) {
      const { address, port } = alternate;
      this.#race?.redirect({ transport: held.server.transport, host: address, port }, now);
    }
    // This race goes on with what it has; the next one asks for leave anew.
    if (error.code === 'turn_refused') this.#grantGoodUntil = now;
    this.#errors.push(error);
  }

  #gone(held: Held, error: WarrenErrorData, now: Ms, out: TurnOutput[]): void {
    if (!this.#held.has(held.base)) return;
    const { state } = held;
    this.#drop(held, out);
    if (state === 'trying') this.#errors.push(error);
    else out.push({ type: 'down', base: held.base });
    if (state === 'up') this.#replace(now, out);
  }

  #drop(held: Held, out: TurnOutput[]): void {
    this.#held.delete(held.base);
    out.push({ type: 'close', base: held.base });
  }

  #release(held: Held, now: Ms, out: TurnOutput[]): void {
    this.#feed(held, { type: 'release' }, now, out);
    this.#drop(held, out);
  }

  #granted(grant: TurnGrant, now: Ms, out: TurnOutput[]): void {
    const left = grant.expiresAt - now;
    if (left <= 0) {
      this.#later([refused()], now, out);
      return;
    }
    this.#grant = grant;
    this.#grantGoodUntil = grant.expiresAt - Math.min(GRANT_MARGIN, left / 2);
    this.#begin(now, out);
  }

  /** A new allocation is wanted. */
  #begin(now: Ms, out: TurnOutput[]): void {
    this.#retryAt = null;
    if (this.#race || this.#fetching) return;
    if (!this.#grant || this.#grantGoodUntil <= now) {
      this.#fetching = true;
      out.push({ type: 'fetch' });
      return;
    }
    this.#errors = [];
    const silent = this.#standing.some((held) => !isStream(held) && held.allocation.suspect);
    this.#race = new Race(this.#grant.servers, now, silent);
    if (this.#standing.some((held) => isStream(held) && isWell(held))) this.#race.dropStreams();
  }

  /** What stands is in doubt, or stands no more: everything else that was being tried is begun anew. */
  #replace(now: Ms, out: TurnOutput[]): void {
    if (!this.#standing.some(isWell)) this.#callOff(now, out);
    this.#begin(now, out);
  }

  get #standing(): readonly Held[] {
    return [...this.#held.values()].filter(({ state }) => state === 'up');
  }

  #callOff(now: Ms, out: TurnOutput[]): void {
    this.#race = null;
    this.#retryAt = null;
    for (const held of [...this.#held.values()]) if (held.state === 'trying') this.#release(held, now, out);
  }

  /** It is up, or well again: what is no better than it goes. */
  #stands(held: Held, now: Ms, out: TurnOutput[]): void {
    const stream = isStream(held);
    for (const other of this.#standing) {
      if (other === held || (stream && !isStream(other) && other.allocation.suspect)) continue;
      other.state = 'retiring';
      other.retireAt = now + DRAIN;
    }
    if (!stream) {
      this.#callOff(now, out);
      this.#failures = 0;
      return;
    }
    this.#race?.dropStreams();
    for (const other of [...this.#held.values()])
      if (other.state === 'trying' && isStream(other)) this.#release(other, now, out);
  }

  #trying(): boolean {
    return [...this.#held.values()].some(({ state }) => state === 'trying');
  }

  /** Lets the race go on; ends it when nobody is left. */
  #go(now: Ms, out: TurnOutput[]): void {
    const credentials = this.#grant;
    if (!this.#race || !credentials || this.#state !== 'running') return;
    const idle = !this.#trying() && !this.#standing.some(isWell);
    for (const server of this.#race.due(now, idle)) {
      const base = `relay-${++this.#count}`;
      const reliable = server.transport !== 'udp';
      const allocation = new Allocation({ credentials, reliable, random: this.#random });
      this.#held.set(base, { base, server, allocation, state: 'trying', retireAt: null, refused: false });
      out.push({ type: 'open', base, server });
    }
    if (this.#trying() || !this.#race.over) return;
    this.#race = null;
    this.#later(this.#errors, now, out);
  }

  #later(errors: readonly WarrenErrorData[], now: Ms, out: TurnOutput[]): void {
    const delay = BACKOFF[Math.min(this.#failures++, BACKOFF.length - 1)] as Ms;
    this.#retryAt = now + delay;
    // With another one up there is nothing to complain about.
    if (this.#standing.length > 0) return;
    const told = TELLING.map((code) => errors.find((error) => error.code === code)).find((error) => error);
    out.push({ type: 'failed', error: told ?? errors[0] ?? silent() });
  }

  #tick(now: Ms, out: TurnOutput[]): void {
    for (const held of [...this.#held.values()]) {
      const deadline = held.allocation.deadline();
      if (deadline && deadline.at <= now) this.#feed(held, { type: 'tick' }, now, out);
      if (held.retireAt !== null && now >= held.retireAt && this.#held.has(held.base)) {
        this.#release(held, now, out);
        out.push({ type: 'down', base: held.base });
      }
    }
    if (this.#retryAt !== null && now >= this.#retryAt) this.#begin(now, out);
  }
}
