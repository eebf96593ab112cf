/**
 * What the session loops see of traversal: the inputs and outputs of its two machines.
 *
 * `Gathering` (one per socket) finds out which addresses the world sees us under; `Checks` (one per
 * peer) finds a pair of addresses that works and watches it. Both speak STUN only. Words are those of
 * RFC 8445 (ICE), RFC 7675 (consent) and RFC 4787 (NAT behaviour).
 */
import type { WarrenErrorData } from '../../base/errors.ts';
import type { Ms } from '../../base/units.ts';
import type { TransportAddress } from '../../effects.ts';
import type { Candidate } from '../../wire/candidate.ts';

/** RFC 4787 §4.1 (mapping) and §5 (filtering). */
export const NAT_BEHAVIOURS = [
  'endpoint-independent',
  'address-dependent',
  'address-and-port-dependent',
  'unknown',
] as const;
export type NatBehaviour = (typeof NAT_BEHAVIOURS)[number];

export interface Nat {
  readonly mapping: NatBehaviour;
  /** `unknown` until a `FilterProbe` has asked with a socket of its own. */
  readonly filtering: NatBehaviour;
  /** False when the mapped address is one of our own: no NAT at all. Null while nobody has answered. */
  readonly translated: boolean | null;
  /** True when the NAT kept the local port number. */
  readonly portPreserved: boolean;
}

/**
 * What an agent sends from (RFC 8445 §3 "base"): a socket, or an allocation on a relay. An opaque name;
 * the session loop knows what it means.
 */
export type BaseId = string;

/** A candidate of ours, with what it is sent from. */
export interface LocalCandidate extends Candidate {
  readonly base: BaseId;
  /** We are leaving it: nothing is begun from there, but a peer that still comes there is answered and followed. */
  readonly left?: true;
}

/** Draws `length` random bytes. Injected, so that a test repeats itself. */
export type Random = (length: number) => Uint8Array;

export interface GatheringOptions {
  /** At least two on different addresses, else the mapping stays `unknown`. At most 8 are used. */
  readonly servers: readonly TransportAddress[];
  /** Local addresses of the socket's interfaces, all with the socket's port. */
  readonly hosts: readonly TransportAddress[];
  readonly random: Random;
  /** Answers that are not there by then are not waited for. Default 1500. */
  readonly timeout?: Ms;
}

export type GatheringInput =
  | { readonly type: 'start' }
  /** Any packet of the socket; those that answer no question of ours are ignored. */
  | { readonly type: 'packet'; readonly packet: Uint8Array; readonly from: TransportAddress }
  /** Interfaces changed, or the machine woke from sleep: everything is asked anew, at once. */
  | { readonly type: 'network'; readonly hosts: readonly TransportAddress[] }
  | { readonly type: 'stop' };

export type GatheringOutput =
  | { readonly type: 'send'; readonly packet: Uint8Array; readonly to: TransportAddress }
  /** Once per start or network change, and again whenever a refresh finds another mapping. */
  | { readonly type: 'gathered'; readonly candidates: readonly Candidate[]; readonly nat: Nat }
  /** No server answered in time; the `gathered` just before holds host candidates only. */
  | { readonly type: 'unanswered'; readonly error: WarrenErrorData };

/** One filtering question (RFC 5780 §4.4), on a fresh socket that has asked nobody else. */
export interface FilterProbeOptions {
  readonly server: TransportAddress;
  readonly random: Random;
}
export type FilterProbeOutput =
  | { readonly type: 'send'; readonly packet: Uint8Array; readonly to: TransportAddress }
  | { readonly type: 'filtering'; readonly filtering: NatBehaviour };

/** Both ends' names and keys for checks, from the handshake. */
export interface Credentials {
  readonly localFragment: string;
  readonly remoteFragment: string;
  /** Keys the checks that we receive (RFC 8445 §7.2.2: the password is the receiver's). */
  readonly localPassword: Uint8Array;
  readonly remotePassword: Uint8Array;
}

export interface ChecksOptions {
  /** `controlling`: the client, which nominates. `controlled`: the provider. */
  readonly role: 'controlling' | 'controlled';
  readonly credentials: Credentials;
  readonly local: readonly LocalCandidate[];
  readonly remote: readonly Candidate[];
  readonly random: Random;
  /** No pair by then: `failed` with `no_path`. Default 8000. */
  readonly timeout?: Ms;
  /** Nobody heard for so long after nomination: `lost`. Default 15000. */
  readonly lostAfter?: Ms;
}

export type ChecksInput =
  | { readonly type: 'start' }
  | {
      readonly type: 'packet';
      readonly packet: Uint8Array;
      readonly from: TransportAddress;
      /** Where it arrived. */
      readonly base: BaseId;
    }
  /** All our candidates as they are now. Pairs of a base that is no longer among them are dropped. */
  | { readonly type: 'candidates'; readonly side: 'local'; readonly candidates: readonly LocalCandidate[] }
  /**
   * More of the peer's (trickle, a relay that came late), or with `all` everything that it has now: pairs
   * with others, save the one in use, are dropped. On a path in use they are tried beside it.
   */
  | {
      readonly type: 'candidates';
      readonly side: 'remote';
      readonly candidates: readonly Candidate[];
      readonly all?: boolean;
    }
  /** The pair in use is doubtful (network change, nothing comes back): `suspect`, and look at once. */
  | { readonly type: 'doubt' }
  /** Nothing seems to come back: ask the peer, and say `suspect` when it does not answer either. */
  | { readonly type: 'probe' }
  /** Our own network is down, or back: until then nobody's silence counts. */
  | { readonly type: 'offline'; readonly offline: boolean }
  /** WireGuard received something from the peer: as good as an answered consent check. */
  | { readonly type: 'heard' }
  /** Look for a better or a living pair again; the nominated one stays until another works. */
  | { readonly type: 'restart' }
  /**
   * Controlling side: nominate a pair of this base, or to this remote address, as soon as one works,
   * whatever its priority (rotation: the new port is no better, but it is the one we want). With `leave`
   * any of those but the one in use (the peer left that port).
   */
  | {
      readonly type: 'prefer';
      readonly base: BaseId | null;
      readonly remote: TransportAddress | null;
      readonly leave?: boolean;
    }
  | { readonly type: 'stop' };

export interface CandidatePair {
  readonly local: LocalCandidate;
  readonly remote: Candidate;
}

export type ChecksOutput =
  | { readonly type: 'send'; readonly packet: Uint8Array; readonly to: TransportAddress; readonly base: BaseId }
  /**
   * Use this pair. Controlling: proven both ways, the peer is told at once. Controlled: the peer said so.
   * `lan`: the remote address is private. Given again whenever the path moves.
   */
  | {
      readonly type: 'nominated';
      readonly pair: CandidatePair;
      readonly kind: 'direct' | 'lan' | 'relay';
      readonly rttMs: Ms | null;
    }
  | { readonly type: 'rtt'; readonly rttMs: Ms }
  /** What the tunnel's link may carry on this pair from now on, in bytes; 1280 until said otherwise. */
  | { readonly type: 'mtu'; readonly mtu: number }
  /** Nothing seems to come back, and the peer did not answer at once: no suspicion yet, but other ways may get ready. */
  | { readonly type: 'unsure' }
  /** 6.5 s without a sign of life; `recovered` takes it back. */
  | { readonly type: 'suspect' }
  | { readonly type: 'recovered' }
  | { readonly type: 'lost' }
  | { readonly type: 'failed'; readonly error: WarrenErrorData };

/**
 * For a socket that many machines share (the provider): which of them a STUN packet belongs to.
 * Requests go by the USERNAME's first half, answers by transaction id. Null: nobody's, drop it.
 */
export interface StunRouter<Owner> {
  add(owner: Owner, localFragment: string | null): void;
  remove(owner: Owner): void;
  /** Call with everything an owner sends, so that its answers find back. */
  sent(owner: Owner, packet: Uint8Array, now: Ms): void;
  route(packet: Uint8Array, now: Ms): Owner | null;
}
