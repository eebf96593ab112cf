/** All relays as one: publish to every one, hear the union. Who withholds is outvoted, not trusted. */
import type { Clock, Directory, Unsubscribe } from '../../effects.ts';
import type { NostrEvent } from '../../wire/nostr.ts';
import { type Receipt, RelayConnection, type Subscription } from './connection.ts';

const MAX_RELAYS = 8;

export class RelayPool {
  readonly #connections: readonly RelayConnection[];
  readonly #watchers = new Set<() => void>();
  #nextId = 0;

  constructor(relays: readonly string[], clock: Clock) {
    const changed = () => {
      for (const watcher of [...this.#watchers]) watcher();
    };
    this.#connections = [...new Set(relays)]
      .slice(0, MAX_RELAYS)
      .map((url) => new RelayConnection(url, clock, changed));
  }

  /** How many relays are connected now. */
  get open(): number {
    return this.#connections.filter((c) => c.state === 'open').length;
  }

  /** How many may still answer: those that are connected, or have not failed to. */
  get hopeful(): number {
    return this.#connections.filter((c) => c.state !== 'failed').length;
  }

  get status(): ReturnType<Directory['status']> {
    const states = this.#connections.map((c) => c.state);
    if (states.includes('open')) return 'connected';
    return states.includes('connecting') ? 'connecting' : 'unreachable';
  }

  /** Called at every connect and disconnect of any relay. */
  watch(watcher: () => void): Unsubscribe {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** One outcome per relay that is connected now; of all of them when none is, since one may come back. */
  publish(event: NostrEvent): readonly Promise<Receipt>[] {
    const sent = this.#connections.map((c) => ({ open: c.state === 'open', receipt: c.publish(event) }));
    const open = sent.filter((s) => s.open);
    return (open.length > 0 ? open : sent).map((s) => s.receipt);
  }

  /** `onStored` is called once per relay; the same event may come from several. */
  subscribe(subscription: Subscription): Unsubscribe {
    const id = `w${this.#nextId++}`;
    const closers = this.#connections.map((connection) => connection.subscribe(id, subscription));
    return () => {
      for (const close of closers) close();
    };
  }

  check(): void {
    for (const connection of this.#connections) connection.check();
  }

  renew(): void {
    for (const connection of this.#connections) connection.renew();
  }

  async close(): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.close()));
    this.#watchers.clear();
  }
}
