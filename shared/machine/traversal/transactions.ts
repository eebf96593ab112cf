/** Checks under way: which pair an answer belongs to, and whether the check nominated. Bounded. */
import { toHex } from '../../base/bytes.ts';
import type { Ms } from '../../base/units.ts';
import type { Pair } from './checklist.ts';

const LIFE: Ms = 5_000;
const MAX = 512;

export interface Transaction {
  readonly pair: Pair;
  readonly sentAt: Ms;
  readonly nominate: boolean;
  /** The check was padded to this length; null: it was not. */
  readonly bytes: number | null;
}

export class Transactions {
  readonly #pending = new Map<string, Transaction>();

  add(id: Uint8Array, transaction: Transaction): void {
    for (const [old, { sentAt }] of this.#pending) {
      if (sentAt + LIFE > transaction.sentAt && this.#pending.size < MAX) break;
      this.#pending.delete(old);
    }
    this.#pending.set(toHex(id), transaction);
  }

  find(id: Uint8Array): Transaction | null {
    return this.#pending.get(toHex(id)) ?? null;
  }

  done(id: Uint8Array): void {
    this.#pending.delete(toHex(id));
  }

  forget(pairs: readonly Pair[]): void {
    for (const [id, { pair }] of this.#pending) if (pairs.includes(pair)) this.#pending.delete(id);
  }

  clear(): void {
    this.#pending.clear();
  }
}
