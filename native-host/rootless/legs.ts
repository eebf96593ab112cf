/**
 * Which of our loopback sockets ("legs") stands for which address of the outside: WireGuard in the
 * namespace sees a peer behind each, and roams from one to the other as its peer does outside. Bounded,
 * since anybody can send us packets that look like WireGuard's; the leg in use is never given away.
 */
import type { TransportAddress } from '../../shared/effects.ts';

/** Of one tunnel: the addresses of a rotation at both ends, the relays', and some room for strangers. */
export const MAX_LEGS = 24;

export interface Held<Leg> {
  readonly leg: Leg;
  remote: TransportAddress;
  /** Larger is later; 0: nothing yet. */
  usedAt: number;
  sentAt: number;
}

export class Legs<Leg> {
  readonly #byRemote = new Map<string, Held<Leg>>();
  readonly #byLeg = new Map<Leg, Held<Leg>>();
  readonly #idle: Leg[] = [];
  #pinned: Held<Leg> | null = null;
  #time = 0;

  /** A leg that stands for nobody yet. */
  add(leg: Leg): void {
    this.#idle.push(leg);
  }

  get idle(): number {
    return this.#idle.length;
  }

  get size(): number {
    return this.#idle.length + this.#byRemote.size;
  }

  all(): readonly Leg[] {
    return [...this.#idle, ...[...this.#byRemote.values()].map(({ leg }) => leg)];
  }

  /** The leg of this address, from now on if not before; null when none can be spared. */
  of(remote: TransportAddress): Held<Leg> | null {
    const key = keyOf(remote);
    const held = this.#byRemote.get(key) ?? this.#assign(key, remote);
    if (held) held.usedAt = ++this.#time;
    return held;
  }

  /** WireGuard sent through it: it is where its peer is. */
  sent(held: Held<Leg>): void {
    held.usedAt = held.sentAt = ++this.#time;
  }

  /** WireGuard was told to send there, and may not have yet. */
  pin(held: Held<Leg>): void {
    this.#pinned = held;
  }

  holder(leg: Leg): Held<Leg> | null {
    return this.#byLeg.get(leg) ?? null;
  }

  #assign(key: string, remote: TransportAddress): Held<Leg> | null {
    const leg = this.#idle.pop();
    const held = leg === undefined ? this.#spare() : { leg, remote, usedAt: 0, sentAt: 0 };
    if (!held) return null;
    this.#byRemote.delete(keyOf(held.remote));
    held.remote = remote;
    held.sentAt = 0;
    this.#byRemote.set(key, held);
    this.#byLeg.set(held.leg, held);
    return held;
  }

  /** Of those not in use the one that was silent longest, once there are as many as there may be. */
  #spare(): Held<Leg> | null {
    if (this.size < MAX_LEGS) return null;
    const held = [...this.#byRemote.values()];
    const inUse = held.reduce<Held<Leg> | null>((last, one) => (one.sentAt > (last?.sentAt ?? 0) ? one : last), null);
    const spare = held.filter((one) => one !== inUse && one !== this.#pinned);
    return spare.reduce<Held<Leg> | null>(
      (oldest, one) => (one.usedAt < (oldest?.usedAt ?? Infinity) ? one : oldest),
      null,
    );
  }
}

/** Addresses come as the kernel spells them. */
export function keyOf({ address, port }: TransportAddress): string {
  return `${address} ${port}`;
}
