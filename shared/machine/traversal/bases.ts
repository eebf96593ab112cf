/**
 * What one agent can send from at the moment: its sockets and allocations by name, each with the
 * candidates that it gives. Sockets come and go (rotation, a relay, a birthday's many); whoever checks
 * is told. It decides nothing and opens nothing.
 */
import type { TransportAddress, Unsubscribe } from '../../effects.ts';
import type { Candidate } from '../../wire/candidate.ts';
import type { BaseId, LocalCandidate } from './api.ts';
import { onBase } from './candidates.ts';

export interface Base {
  send(packet: Uint8Array, to: TransportAddress): void;
}

/** The socket that a path begins with. */
export const MAIN: BaseId = 'main';

export class Bases {
  readonly #bases = new Map<BaseId, { readonly base: Base; candidates: readonly Candidate[] }>();
  readonly #watchers = new Set<(local: readonly LocalCandidate[]) => void>();

  /** Candidates may follow later (`describe`). A name that is there already gets the new base. */
  add(id: BaseId, base: Base, candidates: readonly Candidate[] = []): void {
    this.#bases.set(id, { base, candidates });
    this.#changed();
  }

  describe(id: BaseId, candidates: readonly Candidate[]): void {
    const known = this.#bases.get(id);
    if (!known) return;
    known.candidates = candidates;
    this.#changed();
  }

  remove(id: BaseId): void {
    if (this.#bases.delete(id)) this.#changed();
  }

  /** Where the base is gone the packet is, as a network would lose it. */
  send(id: BaseId, packet: Uint8Array, to: TransportAddress): void {
    this.#bases.get(id)?.base.send(packet, to);
  }

  get local(): readonly LocalCandidate[] {
    return [...this.#bases].flatMap(([id, { candidates }]) => onBase(id, candidates));
  }

  onChange(handler: (local: readonly LocalCandidate[]) => void): Unsubscribe {
    this.#watchers.add(handler);
    return () => this.#watchers.delete(handler);
  }

  #changed(): void {
    const { local } = this;
    for (const watcher of this.#watchers) watcher(local);
  }
}
