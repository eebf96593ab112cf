/** The ledger with a memory: whether it answered last, and DID documents for as long as they may be trusted. */
import type { Did, Ms } from '../shared/base/units.ts';
import type { DidDocument, LedgerReader } from '../shared/effects.ts';
import type { World } from './world.ts';

/** A delegate revoked on chain is believed for so long at most. */
const DOCUMENT_LIFETIME: Ms = 30_000;
const MAX_DOCUMENTS = 256;

export class LedgerWatch {
  readonly #world: World;
  readonly #changed: () => void;
  readonly #documents = new Map<Did, { readonly at: Ms; readonly document: Promise<DidDocument> }>();
  status: 'unknown' | 'reachable' | 'unreachable' = 'unknown';

  constructor(world: World, changed: () => void) {
    this.#world = world;
    this.#changed = changed;
  }

  /** Runs one question and remembers whether the ledger was there. */
  async ask<T>(question: (ledger: LedgerReader) => Promise<T>): Promise<T> {
    try {
      const answer = await question(this.#world.ledger);
      this.#set('reachable');
      return answer;
    } catch (error) {
      if (isUnreachable(error)) this.#set('unreachable');
      else this.#set('reachable');
      throw error;
    }
  }

  /** The document, at most `DOCUMENT_LIFETIME` old. */
  resolve(did: Did): Promise<DidDocument> {
    const now = this.#world.clock.now();
    const known = this.#documents.get(did);
    if (known && now - known.at < DOCUMENT_LIFETIME) return known.document;
    const document = this.ask((ledger) => ledger.resolve(did));
    this.#documents.delete(did);
    this.#documents.set(did, { at: now, document });
    document.catch(() => this.#documents.delete(did));
    for (const oldest of this.#documents.keys()) {
      if (this.#documents.size <= MAX_DOCUMENTS) break;
      this.#documents.delete(oldest);
    }
    return document;
  }

  #set(status: 'reachable' | 'unreachable'): void {
    if (status === this.status) return;
    this.status = status;
    this.#changed();
  }
}

function isUnreachable(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ledger_unreachable';
}
