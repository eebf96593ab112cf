/** Whom a relayed address lets in: permissions by IP address, channels by transport address (RFC 8656 §9, §12). */
import type { Ms } from '../../../base/units.ts';
import type { TransportAddress } from '../../../effects.ts';
import { CHANNEL_MAX, CHANNEL_MIN } from '../../../wire/turn/channel-data.ts';
import { addressKey } from '../candidates.ts';

/** A permission lasts 300 s, a channel 600 s (§9, §12). */
const PERMISSION_EVERY: Ms = 240_000;
const CHANNEL_EVERY: Ms = 480_000;
/** A provider's allocation serves all clients at once. */
const MAX_PERMISSIONS = 1024;

export interface Channel {
  readonly peer: TransportAddress;
  readonly number: number;
  bound: boolean;
  dueAt: Ms;
}

export class Peers {
  /** When each permission is to be asked for (again). */
  readonly #permissions = new Map<string, { dueAt: Ms }>();
  readonly #channels = new Map<string, Channel>();
  readonly #byNumber = new Map<number, Channel>();
  #next = CHANNEL_MIN;

  /** True when the peer is new and has to be asked for. */
  permit(address: string, now: Ms): boolean {
    if (this.#permissions.has(address) || this.#permissions.size >= MAX_PERMISSIONS) return false;
    this.#permissions.set(address, { dueAt: now });
    return true;
  }

  /** No renewal any more. A channel's number stays taken: for a while the server still knows it. */
  forget(address: string): void {
    this.#permissions.delete(address);
    for (const [key, channel] of this.#channels) {
      if (channel.peer.address === address) this.#channels.delete(key);
    }
  }

  /** Null when there is one already, or no number is left. */
  open(peer: TransportAddress, now: Ms): Channel | null {
    const key = addressKey(peer);
    if (this.#channels.has(key) || this.#next > CHANNEL_MAX) return null;
    const channel: Channel = { peer, number: this.#next++, bound: false, dueAt: now };
    this.#channels.set(key, channel);
    this.#byNumber.set(channel.number, channel);
    return channel;
  }

  /** Also of channels that are being bound: the server may use them before its answer arrives. */
  from(number: number): TransportAddress | null {
    return this.#byNumber.get(number)?.peer ?? null;
  }

  bound(peer: TransportAddress): number | null {
    const channel = this.#channels.get(addressKey(peer));
    return channel?.bound ? channel.number : null;
  }

  /** The permissions that are due; each is due again later. */
  duePermissions(now: Ms): readonly string[] {
    const due = [...this.#permissions].filter(([, { dueAt }]) => dueAt <= now);
    for (const [, permission] of due) permission.dueAt = now + PERMISSION_EVERY;
    return due.map(([address]) => address);
  }

  dueChannels(now: Ms): readonly Channel[] {
    const due = [...this.#channels.values()].filter(({ dueAt }) => dueAt <= now);
    for (const channel of due) channel.dueAt = now + CHANNEL_EVERY;
    return due;
  }

  close(channel: Channel): void {
    this.#channels.delete(addressKey(channel.peer));
  }

  get dueAt(): Ms | null {
    const times = [...this.#permissions.values(), ...this.#channels.values()].map(({ dueAt }) => dueAt);
    return times.length > 0 ? times.reduce((a, b) => Math.min(a, b)) : null;
  }
}
