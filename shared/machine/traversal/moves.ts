/**
 * Moves of a working path, one after the other: to our own new port, or away from a port that the peer
 * has left. Two at once would take each other's place half done. Controlling side only.
 */
import type { Ms } from '../../base/units.ts';
import type { Deadline, Machine, Tick } from '../machine.ts';
import type { BaseId } from './api.ts';
import { MOVE_LIMIT } from './rotation.ts';

export type Move = { readonly to: 'base'; readonly base: BaseId } | { readonly to: 'peer' };

export type MovesInput =
  | { readonly type: 'want'; readonly move: Move }
  /** The tunnel goes another way now. */
  | { readonly type: 'used' };

export type MovesOutput = { readonly type: 'begin'; readonly move: Move };

export class Moves implements Machine<MovesInput, MovesOutput> {
  #queue: readonly Move[] = [];
  #until: Ms | null = null;

  handle(input: MovesInput | Tick, now: Ms): readonly MovesOutput[] {
    if (input.type === 'used') this.#until = null;
    if (input.type === 'want') {
      // The last word of each kind counts.
      this.#queue = [...this.#queue.filter(({ to }) => to !== input.move.to), input.move];
    }
    if (this.#until !== null && now < this.#until) return [];
    this.#until = null;
    const [move, ...rest] = this.#queue;
    if (!move) return [];
    this.#queue = rest;
    this.#until = now + MOVE_LIMIT;
    return [{ type: 'begin', move }];
  }

  deadline(): Deadline | null {
    return this.#until === null ? null : { at: this.#until, why: 'the next move' };
  }
}
