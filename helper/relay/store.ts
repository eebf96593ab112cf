/**
 * Proposals in memory: addressable events (NIP-01) with an index per tag value, expiry (NIP-40) and
 * deletion (NIP-09). Nothing is written anywhere; a restarted relay fills up again by itself.
 */
import {
  addressOf,
  expirationOf,
  matchesFilter,
  type NostrEvent,
  type NostrFilter,
  tagQueries,
} from '../../shared/wire/nostr.ts';
import { PROPOSAL_KIND } from '../../shared/wire/proposal.ts';
import { LIMITS } from './limits.ts';

const MAX_DELETIONS = 100_000;
const MAX_ADDRESS_LENGTH = 140;

export type PutResult = 'stored' | 'older' | 'deleted' | 'full';

export class ProposalStore {
  readonly #byAddress = new Map<string, NostrEvent>();
  readonly #byTag = new Map<string, Set<NostrEvent>>();
  readonly #byKey = new Map<string, Set<NostrEvent>>();
  /** Address → the deletion that removed it: what is not newer stays away. */
  readonly #deletions = new Map<string, NostrEvent>();

  get size(): number {
    return this.#byAddress.size;
  }

  put(event: NostrEvent): PutResult {
    const address = addressOf(event);
    const deletion = this.#deletions.get(address);
    if (deletion && deletion.created_at >= event.created_at) return 'deleted';
    const old = this.#byAddress.get(address);
    // NIP-01: the same second is decided by the lower id, so that all relays agree.
    if (old && (old.created_at > event.created_at || (old.created_at === event.created_at && old.id <= event.id)))
      return 'older';
    const ofKey = this.#byKey.get(event.pubkey);
    if (!old && (this.size >= LIMITS.storedProposals || (ofKey?.size ?? 0) >= LIMITS.proposalsPerKey)) return 'full';
    if (old) this.#remove(old);
    this.#byAddress.set(address, event);
    for (const index of this.#indexesOf(event)) index.add(event);
    return 'stored';
  }

  /** NIP-09: removes what the deletion's own author names by `a` or `e`. @returns how many went. */
  delete(deletion: NostrEvent): number {
    let gone = 0;
    for (const [name, value = ''] of deletion.tags) {
      const own = [...(this.#byKey.get(deletion.pubkey) ?? [])];
      const doomed = own.filter((e) => (name === 'a' ? addressOf(e) === value : name === 'e' && e.id === value));
      for (const event of doomed) {
        if (event.created_at > deletion.created_at) continue;
        this.#remove(event);
        gone++;
      }
      // Only addresses that can hold something here are remembered, and so many in all.
      const valid = value.startsWith(`${PROPOSAL_KIND}:${deletion.pubkey}:`) && value.length <= MAX_ADDRESS_LENGTH;
      if (name === 'a' && valid && this.#deletions.size < MAX_DELETIONS) this.#deletions.set(value, deletion);
    }
    return gone;
  }

  /** Newest first, at most the filter's limit (NIP-01). */
  query(filter: NostrFilter, nowSec: number): readonly NostrEvent[] {
    const limit = Math.min(filter.limit ?? LIMITS.defaultQueryLimit, LIMITS.queryLimit);
    if (limit === 0) return [];
    const found: NostrEvent[] = [];
    for (const event of this.#narrowest(filter)) {
      if ((expirationOf(event) ?? 0) > nowSec && matchesFilter(filter, event)) found.push(event);
    }
    for (const deletion of new Set(this.#deletions.values())) if (matchesFilter(filter, deletion)) found.push(deletion);
    return found.sort((a, b) => b.created_at - a.created_at).slice(0, limit);
  }

  /** Forgets what has expired, and deletions that nothing can contradict any more. */
  sweep(nowSec: number): void {
    for (const event of [...this.#byAddress.values()]) if ((expirationOf(event) ?? 0) <= nowSec) this.#remove(event);
    for (const [address, deletion] of this.#deletions) {
      if (deletion.created_at + LIMITS.proposalLifetimeSec <= nowSec) this.#deletions.delete(address);
    }
  }

  /** The smallest set that holds every match. */
  #narrowest(filter: NostrFilter): Iterable<NostrEvent> {
    const unions: (readonly Set<NostrEvent>[])[] = tagQueries(filter)
      .filter(([name]) => name !== 'd')
      .map(([name, values]) => values.flatMap((value) => this.#byTag.get(`${name}:${value}`) ?? []));
    if (filter.authors) unions.push(filter.authors.flatMap((key) => this.#byKey.get(key) ?? []));
    const sizeOf = (sets: readonly Set<NostrEvent>[]) => sets.reduce((n, set) => n + set.size, 0);
    const [best] = unions.sort((a, b) => sizeOf(a) - sizeOf(b));
    return best ? new Set(best.flatMap((set) => [...set])) : this.#byAddress.values();
  }

  #remove(event: NostrEvent): void {
    this.#byAddress.delete(addressOf(event));
    for (const index of this.#indexesOf(event)) index.delete(event);
    for (const name of tagNames(event)) if (this.#byTag.get(name)?.size === 0) this.#byTag.delete(name);
    if (this.#byKey.get(event.pubkey)?.size === 0) this.#byKey.delete(event.pubkey);
  }

  #indexesOf(event: NostrEvent): Set<NostrEvent>[] {
    const of = (map: Map<string, Set<NostrEvent>>, name: string) => {
      const set = map.get(name) ?? new Set<NostrEvent>();
      map.set(name, set);
      return set;
    };
    return [of(this.#byKey, event.pubkey), ...tagNames(event).map((name) => of(this.#byTag, name))];
  }
}

/** Single-letter tags are indexed (NIP-01); `d` is part of the address already. */
function tagNames(event: NostrEvent): string[] {
  return event.tags
    .filter(([name]) => name?.length === 1 && name !== 'd')
    .map(([name, value]) => `${name}:${value ?? ''}`);
}
