/**
 * Birthday probing: how a home whose NAT takes another port for every destination meets one that lets in
 * exactly what it has sent to. The hard side sends from many sockets to the one address of the easy side;
 * the easy side tries ports of the hard side's address. One hit opens both filters. All probes are
 * ordinary checks, so whoever is hit by chance only sees a packet that is nothing to it.
 */
import type { Ms } from '../../../base/units.ts';
import type { TransportAddress } from '../../../effects.ts';
import type { Candidate } from '../../../wire/candidate.ts';
import type { Deadline, Machine, Tick } from '../../machine.ts';
import type { ChecksOptions, Random } from '../api.ts';
import { candidatePriority, isIp6 } from '../candidates.ts';
import { encodeCheck } from '../check-message.ts';
import { portsToTry } from './ports.ts';

/** Most NATs are met by ordinary checks within this time: a round trip, and a few checks at their pace. */
export const BIRTHDAY_AFTER: Ms = 150;
/** With 256 open doors among 64,512, 2,048 knocks miss them all once in 3,400 times. */
export const BIRTHDAY_SOCKETS = 256;
export const BIRTHDAY_PROBES = 2_048;
/** 500 a second. */
const PROBE_EVERY: Ms = 2;
/** Timers come late on a busy machine: so many probes at once make up for it. */
const MAX_BURST = 10;

export interface BirthdayOptions {
  readonly role: ChecksOptions['role'];
  readonly credentials: ChecksOptions['credentials'];
  readonly local: readonly Candidate[];
  readonly remote: readonly Candidate[];
  readonly random: Random;
}

export type BirthdayInput = { readonly type: 'start' } | { readonly type: 'stop' };

export interface BirthdayOutput {
  readonly type: 'probe';
  /** Which of the many sockets to send from (from 0; opened by its first probe); null: the path's own. */
  readonly socket: number | null;
  readonly packet: Uint8Array;
  readonly to: TransportAddress;
}

/** IPv4 addresses under which STUN servers saw one socket, each with its ports. */
function mappings(candidates: readonly Candidate[]): { readonly address: string; readonly ports: number[] }[] {
  const found = new Map<string, number[]>();
  for (const { type, address, port } of candidates) {
    if (type === 'srflx' && !isIp6(address)) found.set(address, [...(found.get(address) ?? []), port]);
  }
  return [...found].map(([address, ports]) => ({ address, ports }));
}

/** Several ports of one address: the mapping depends on the destination. */
const hardMapping = (candidates: readonly Candidate[]) => mappings(candidates).find(({ ports }) => ports.length > 1);
const easyMapping = (candidates: readonly Candidate[]) => mappings(candidates).find(({ ports }) => ports.length === 1);

type Probe = Pick<BirthdayOutput, 'socket' | 'to'>;

export class Birthday implements Machine<BirthdayInput, BirthdayOutput> {
  readonly #options: BirthdayOptions;
  readonly #tieBreaker: bigint;
  #plan: Iterator<Probe> | null = null;
  #nextAt: Ms = 0;

  constructor(options: BirthdayOptions) {
    this.#options = options;
    this.#tieBreaker = options.random(8).reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  }

  handle(input: BirthdayInput | Tick, now: Ms): readonly BirthdayOutput[] {
    if (input.type === 'start') {
      this.#plan = this.#probes();
      this.#nextAt = now + BIRTHDAY_AFTER;
    } else if (input.type === 'stop') {
      this.#plan = null;
    }
    const out: BirthdayOutput[] = [];
    for (; this.#plan && this.#nextAt <= now && out.length < MAX_BURST; this.#nextAt += PROBE_EVERY) {
      const { done, value } = this.#plan.next();
      if (done) this.#plan = null;
      else out.push({ type: 'probe', ...value, packet: this.#check() });
    }
    // What a sleeping machine missed is not made up for.
    this.#nextAt = Math.max(this.#nextAt, now - MAX_BURST * PROBE_EVERY);
    return out;
  }

  deadline(): Deadline | null {
    return this.#plan && { at: this.#nextAt, why: 'probe another port' };
  }

  /** Null where ordinary checks are enough, or nothing helps: two easy ones, or two hard ones. */
  #probes(): Iterator<Probe> | null {
    const { local, remote, random } = this.#options;
    const [mine, theirs] = [hardMapping(local), hardMapping(remote)];
    const [door, home] = [easyMapping(remote), easyMapping(local)];
    if (mine && !theirs && door) return manySockets({ address: door.address, port: door.ports[0] as number });
    if (theirs && !mine && home) return manyPorts(theirs.address, portsToTry(theirs.ports, random));
    return null;
  }

  #check(): Uint8Array {
    const { credentials, role, random } = this.#options;
    return encodeCheck(credentials, {
      transactionId: random(12),
      role,
      tieBreaker: this.#tieBreaker,
      priority: candidatePriority('prflx', 0),
      nominate: false,
      bytes: null,
    });
  }
}

function* manySockets(to: TransportAddress): Generator<Probe, undefined> {
  for (let socket = 0; socket < BIRTHDAY_SOCKETS; socket++) yield { socket, to };
}

function* manyPorts(address: string, ports: Iterator<number, never>): Generator<Probe, undefined> {
  for (let n = 0; n < BIRTHDAY_PROBES; n++) yield { socket: null, to: { address, port: ports.next().value } };
}
