/**
 * When an end moves to another UDP port, and when it lets the old one go. The client has one path and
 * gives the new port up where the path does not follow; a provider's ports are shared by its clients, so
 * the new one stays and the old one lives as long as anybody is on it. It opens and sends nothing.
 *
 *   resting ── interval over ─▶ opening ── opened ─▶ moving ── in use ─▶ resting
 *                                  └── failed ─▶ resting ◀── not in use in time ──┘
 */
import type { Ms } from '../../base/units.ts';
import { type Deadline, earliest, type Machine, type Tick } from '../machine.ts';
import type { BaseId, Random } from './api.ts';
import type { Interval } from './interval.ts';

export interface RotationOptions {
  /** Each pause is drawn anew between these. */
  readonly interval: Interval;
  /** The port that there is already. */
  readonly base: BaseId;
  /** True for a provider: several paths, each moving by itself. */
  readonly shared: boolean;
  readonly random: Random;
}

export type RotationInput =
  /** The tunnel stands. */
  | { readonly type: 'start' }
  /** The ordered port is open, and what the world sees of it is known. */
  | { readonly type: 'opened' }
  | { readonly type: 'failed' }
  /** What the paths are sent from now. */
  | { readonly type: 'used'; readonly bases: ReadonlySet<BaseId> };

export type RotationOutput =
  | { readonly type: 'open'; readonly base: BaseId }
  /** Announce the port, and have the path moved to it. */
  | { readonly type: 'move'; readonly base: BaseId }
  /** The new port is in use: the old one gives no candidates any more, but is listened at for a while. */
  | { readonly type: 'moved'; readonly base: BaseId; readonly from: BaseId }
  | { readonly type: 'close'; readonly base: BaseId };

/** How long the old port is listened at: packets under way, and a peer that is slow to follow. */
export const GRACE: Ms = 10_000;
/** The checks look no longer for a new pair than this (checks.ts). */
export const MOVE_LIMIT: Ms = 8_000;
/** Old ports at a time; when rotation is faster than `GRACE`, the oldest goes early. */
export const MAX_OLD = 12;

type State =
  | { readonly phase: 'idle' }
  | { readonly phase: 'resting'; readonly until: Ms }
  | { readonly phase: 'opening'; readonly base: BaseId }
  | { readonly phase: 'moving'; readonly base: BaseId; readonly until: Ms };

export class Rotation implements Machine<RotationInput, RotationOutput> {
  readonly #options: RotationOptions;
  #state: State = { phase: 'idle' };
  #current: BaseId;
  #count = 0;
  #used: ReadonlySet<BaseId>;
  /** Old ports, oldest first, and since when nobody is on them; null while somebody is. */
  readonly #old = new Map<BaseId, Ms | null>();

  constructor(options: RotationOptions) {
    this.#options = options;
    this.#current = options.base;
    this.#used = new Set([options.base]);
  }

  get state(): State['phase'] {
    return this.#state.phase;
  }

  handle(input: RotationInput | Tick, now: Ms): readonly RotationOutput[] {
    const out: RotationOutput[] = [];
    const state = this.#state;
    switch (input.type) {
      case 'start':
        if (state.phase === 'idle') this.#rest(now);
        break;
      case 'opened':
        if (state.phase === 'opening') this.#opened(state.base, now, out);
        break;
      case 'failed':
        if (state.phase === 'opening') this.#rest(now);
        break;
      case 'used':
        this.#used = input.bases;
        this.#look(now);
        break;
      case 'tick':
        break;
    }
    this.#advance(now, out);
    return out;
  }

  deadline(): Deadline | null {
    const state = this.#state;
    const unused = [...this.#old.values()].filter((since) => since !== null);
    return earliest(
      state.phase === 'resting' ? { at: state.until, why: 'move to another port' } : null,
      state.phase === 'moving' ? { at: state.until, why: 'the path does not follow' } : null,
      unused.length > 0 ? { at: Math.min(...unused) + GRACE, why: 'close the old port' } : null,
    );
  }

  #advance(now: Ms, out: RotationOutput[]): void {
    const state = this.#state;
    if (state.phase === 'resting' && now >= state.until) this.#open(now, out);
    if (state.phase === 'moving' && this.#used.has(state.base)) this.#settle(state.base, now, out);
    else if (state.phase === 'moving' && now >= state.until) {
      if (!this.#options.shared) out.push({ type: 'close', base: state.base });
      this.#rest(now);
    }
    for (const [base, since] of this.#old) if (since !== null && now >= since + GRACE) this.#close(base, out);
  }

  #open(now: Ms, out: RotationOutput[]): void {
    const [oldest] = [...this.#old].find(([, since]) => since !== null) ?? [];
    if (this.#old.size >= MAX_OLD && oldest !== undefined) this.#close(oldest, out);
    // Every old port still has somebody on it who can not move.
    if (this.#old.size >= MAX_OLD) {
      this.#rest(now);
      return;
    }
    const base = `p${++this.#count}`;
    this.#state = { phase: 'opening', base };
    out.push({ type: 'open', base });
  }

  #opened(base: BaseId, now: Ms, out: RotationOutput[]): void {
    this.#state = { phase: 'moving', base, until: now + MOVE_LIMIT };
    out.push({ type: 'move', base });
    if (this.#options.shared) this.#settle(base, now, out);
  }

  #settle(base: BaseId, now: Ms, out: RotationOutput[]): void {
    const from = this.#current;
    this.#old.set(from, null);
    this.#current = base;
    out.push({ type: 'moved', base, from });
    this.#look(now);
    this.#rest(now);
  }

  #look(now: Ms): void {
    for (const [base, since] of this.#old) {
      if (this.#used.has(base)) this.#old.set(base, null);
      else if (since === null) this.#old.set(base, now);
    }
  }

  #close(base: BaseId, out: RotationOutput[]): void {
    this.#old.delete(base);
    out.push({ type: 'close', base });
  }

  #rest(now: Ms): void {
    const { interval, random } = this.#options;
    const [high = 0, low = 0] = random(2);
    const draw = (high * 256 + low) / 65_535;
    this.#state = { phase: 'resting', until: now + interval.min + draw * (interval.max - interval.min) };
  }
}
