/**
 * What the session loops see of TURN (RFC 8656): a relayed address somewhere in the internet whose
 * packets come to us through one connection. `Allocation` speaks with one server over one connection;
 * `TurnClient` sees to it that there is always one that works.
 */
import type { WarrenErrorData } from '../../../base/errors.ts';
import type { Ms } from '../../../base/units.ts';
import type { TransportAddress } from '../../../effects.ts';
import type { TurnServer } from '../../../wire/turn/uri.ts';
import type { BaseId, Random } from '../api.ts';

export interface TurnCredentials {
  readonly username: string;
  readonly password: string;
}

/** Leave to use some servers until a time (epoch). */
export interface TurnGrant extends TurnCredentials {
  readonly servers: readonly TurnServer[];
  readonly expiresAt: Ms;
}

export interface Allocated {
  /** One of each family at most: where peers send to reach us. */
  readonly relayed: readonly TransportAddress[];
  /** Where the server sees us; null when it did not say. */
  readonly mapped: TransportAddress | null;
}

export interface AllocationOptions {
  readonly credentials: TurnCredentials;
  /** TCP or TLS below: nothing is repeated, ChannelData is padded. */
  readonly reliable: boolean;
  readonly random: Random;
}

export type AllocationInput =
  | { readonly type: 'start' }
  /** One message from the server. */
  | { readonly type: 'packet'; readonly packet: Uint8Array }
  /** Peers at this IP address may send to us (any port; RFC 8656 §9). */
  | { readonly type: 'permit'; readonly address: string }
  /** Nobody cares for this peer any more. */
  | { readonly type: 'forget'; readonly address: string }
  /** A channel to exactly this address: from then on four bytes of overhead instead of 36. */
  | { readonly type: 'bind'; readonly peer: TransportAddress }
  | { readonly type: 'transmit'; readonly packet: Uint8Array; readonly to: TransportAddress }
  /** Packets that went past the machine since the last report. */
  | { readonly type: 'flow'; readonly sent: number; readonly received: number }
  /** Ask the server at once whether it still knows us. */
  | { readonly type: 'probe' }
  /** Gives the address back; nothing is waited for. */
  | { readonly type: 'release' };

export type AllocationOutput =
  /** One message to the server. */
  | { readonly type: 'send'; readonly packet: Uint8Array }
  | ({ readonly type: 'allocated' } & Allocated)
  /** A peer's packet. */
  | { readonly type: 'data'; readonly packet: Uint8Array; readonly from: TransportAddress }
  /** Also after each renewal; ChannelData may be used from now on. */
  | { readonly type: 'bound'; readonly peer: TransportAddress; readonly channel: number }
  /** The server has been silent for a while, or speaks again. */
  | { readonly type: 'suspect' }
  | { readonly type: 'recovered' }
  /** The server takes our credentials no more: what stands stands until it runs out. */
  | { readonly type: 'refused'; readonly error: WarrenErrorData }
  /** The address is no longer ours. The machine is over. */
  | { readonly type: 'lost'; readonly error: WarrenErrorData }
  /** It never was. The machine is over. `alternate`: the server sends us elsewhere (300). */
  | { readonly type: 'failed'; readonly error: WarrenErrorData; readonly alternate: TransportAddress | null };

export type TurnInput =
  | { readonly type: 'start' }
  | { readonly type: 'grant'; readonly grant: TurnGrant }
  | { readonly type: 'ungranted'; readonly error: WarrenErrorData }
  /** The connection that `open` asked for stands, or never will, or ended. */
  | { readonly type: 'connected'; readonly base: BaseId }
  | { readonly type: 'closed'; readonly base: BaseId }
  | { readonly type: 'packet'; readonly base: BaseId; readonly packet: Uint8Array }
  | { readonly type: 'permit'; readonly address: string }
  | { readonly type: 'forget'; readonly address: string }
  | { readonly type: 'bind'; readonly base: BaseId; readonly peer: TransportAddress }
  | { readonly type: 'transmit'; readonly base: BaseId; readonly packet: Uint8Array; readonly to: TransportAddress }
  | { readonly type: 'flow'; readonly base: BaseId; readonly sent: number; readonly received: number }
  /** The direct path is in doubt, the network changed, or the machine woke: is the relay still there? */
  | { readonly type: 'wake' }
  | { readonly type: 'stop' };

export type TurnOutput =
  /** Ask for leave; answered by `grant` or `ungranted`. */
  | { readonly type: 'fetch' }
  | { readonly type: 'open'; readonly base: BaseId; readonly server: TurnServer }
  | { readonly type: 'close'; readonly base: BaseId }
  | { readonly type: 'send'; readonly base: BaseId; readonly packet: Uint8Array }
  | ({ readonly type: 'up'; readonly base: BaseId; readonly server: TurnServer } & Allocated)
  | { readonly type: 'down'; readonly base: BaseId }
  | { readonly type: 'data'; readonly base: BaseId; readonly packet: Uint8Array; readonly from: TransportAddress }
  | { readonly type: 'bound'; readonly base: BaseId; readonly peer: TransportAddress; readonly channel: number }
  /** There is no relay at the moment; it is tried again. */
  | { readonly type: 'failed'; readonly error: WarrenErrorData };
