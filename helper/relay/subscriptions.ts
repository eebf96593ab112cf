/**
 * Who wants which events. Signals are found by their receiver in one look-up, however many listen;
 * proposals go to the few that follow all of them (other relays, mostly).
 */
import { matchesFilter, type NostrEvent, type NostrFilter, tagOf } from '../../shared/wire/nostr.ts';
import { SIGNAL_KIND } from '../../shared/wire/proposal.ts';

export interface Subscriber {
  readonly id: string;
  readonly filters: readonly NostrFilter[];
  deliver(event: NostrEvent): void;
}

export class Subscriptions {
  readonly #byReceiver = new Map<string, Set<Subscriber>>();
  readonly #following = new Set<Subscriber>();
  #count = 0;

  get size(): number {
    return this.#count;
  }

  add(subscriber: Subscriber): void {
    this.#count++;
    for (const key of receiversOf(subscriber)) {
      const set = this.#byReceiver.get(key) ?? new Set<Subscriber>();
      this.#byReceiver.set(key, set.add(subscriber));
    }
    if (subscriber.filters.some((filter) => !isForSignals(filter))) this.#following.add(subscriber);
  }

  remove(subscriber: Subscriber): void {
    this.#count--;
    for (const key of receiversOf(subscriber)) {
      const set = this.#byReceiver.get(key);
      set?.delete(subscriber);
      if (set?.size === 0) this.#byReceiver.delete(key);
    }
    this.#following.delete(subscriber);
  }

  /** True when somebody listens for this receiver's signals. */
  listens(receiver: string): boolean {
    return this.#byReceiver.has(receiver);
  }

  /** @returns to how many it went. */
  deliver(event: NostrEvent): number {
    const wanted = event.kind === SIGNAL_KIND ? (this.#byReceiver.get(tagOf(event, 'p') ?? '') ?? []) : this.#following;
    let count = 0;
    for (const subscriber of wanted) {
      if (!subscriber.filters.some((filter) => matchesFilter(filter, event))) continue;
      subscriber.deliver(event);
      count++;
    }
    return count;
  }
}

/** A filter that asks for signals must name the receivers: nobody can follow everyone's. */
export function isForSignals(filter: NostrFilter): boolean {
  return filter.kinds?.includes(SIGNAL_KIND) ?? false;
}

function receiversOf({ filters }: Subscriber): Set<string> {
  return new Set(filters.filter(isForSignals).flatMap((filter) => filter['#p'] ?? []));
}
