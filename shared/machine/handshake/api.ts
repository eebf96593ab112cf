/**
 * The DID handshake as its users see it: types only. Three messages and an answer (SIGMA-I, hybrid
 * X25519 + ML-KEM-768; docs/protocol/handshake.md). The machines behind it are pure: keys, random
 * bytes and signatures come in through `HandshakeCrypto` (shared/effects.ts) and the configuration's functions.
 */
import type { WarrenError } from '../../base/errors.ts';
import type { Address, Did, Wei } from '../../base/units.ts';
import type { ChannelParties, DidDocument, HandshakeCrypto } from '../../effects.ts';
import type { Candidate } from '../../wire/candidate.ts';
import type { RateLimiter } from './rate-limit.ts';
import type { ReplayCache } from './replay-cache.ts';

/** Signs a 32-byte digest: 64 bytes, EIP-2098. */
export type SignDigest = (digest: Uint8Array) => Uint8Array;
/** Who signed. Null and a throw both say that this is no signature. */
export type RecoverDigest = (digest: Uint8Array, signature: Uint8Array) => Address | null;

/** What a client may hold a provider to: the part of the terms that its proposal already named. */
export interface OfferedTerms {
  readonly pricePerMB: Wei;
  readonly chainId: number;
  readonly channels: Address;
  readonly token: Address;
  readonly payee: Address;
  readonly minGraceMinutes: number;
}

/** What both sides sign. The tunnel addresses are the client's, chosen at random by the provider. */
export interface Terms extends OfferedTerms {
  /** Host address of 100.64.0.0/10, outside 100.64.0.0/24. */
  readonly address4: string;
  /** Host address of fd77:6172:7265::/48. */
  readonly address6: string;
}

/** RFC 8445 §5.3 credentials, in ice-chars: 8-character fragment, 24-character password (144 bits). */
export interface IceCredentials {
  readonly fragment: string;
  readonly password: string;
}

/** What the handshake gives to both sides. Secrets live in RAM only. */
export interface Session {
  readonly role: 'initiator' | 'responder';
  /** 32 bytes; names the session in the control channel's `hello`. Not secret, but unguessable. */
  readonly sessionId: Uint8Array;
  /** 32 bytes: WireGuard's preshared key. */
  readonly psk: Uint8Array;
  /** `local` guards checks that arrive here, `remote` those that we send; separate keys per direction. */
  readonly traversal: { readonly local: IceCredentials; readonly remote: IceCredentials };
  readonly peerDid: Did;
  /** Base64, 32 bytes. */
  readonly peerWireGuardKey: string;
  readonly peerCandidates: readonly Candidate[];
  readonly terms: Terms;
  readonly channel: ChannelParties;
}

// ---------------------------------------------------------------- client

export interface InitiatorConfig {
  readonly crypto: HandshakeCrypto;
  /** The channel signer's key signs. */
  readonly sign: SignDigest;
  readonly recover: RecoverDigest;
  readonly payer: Address;
  readonly signer: Address;
  /** Our own WireGuard public key, base64. */
  readonly wireGuardKey: string;
  readonly provider: Did;
  /** From the proposal; any difference in m2 is `handshake_terms_changed`. */
  readonly offered: OfferedTerms;
}

export type InitiatorInput =
  | { readonly type: 'start' }
  /** The provider's document; may come before or after m2, nothing is signed without it. */
  | { readonly type: 'document'; readonly document: DidDocument }
  /** Our own candidates, once (at most MAX_CANDIDATES); m3 waits for them. */
  | { readonly type: 'candidates'; readonly candidates: readonly Candidate[] }
  | { readonly type: 'message'; readonly bytes: Uint8Array }
  /** WireGuard completed a handshake with the provider, which says what a lost m4 would have said. */
  | { readonly type: 'confirmed' };

export type InitiatorOutput =
  | { readonly type: 'send'; readonly bytes: Uint8Array }
  /** m3 has been sent: start the traversal and set up WireGuard. */
  | { readonly type: 'established'; readonly session: Session }
  /** The provider took the channel. */
  | { readonly type: 'accepted' }
  | { readonly type: 'failed'; readonly error: WarrenError };

// ---------------------------------------------------------------- provider

/** One responder per conversation; `replays` and `limiter` are shared by all of a provider. */
export interface ResponderConfig {
  readonly crypto: HandshakeCrypto;
  /** The hot key (veriKey delegate of the DID) signs. */
  readonly sign: SignDigest;
  readonly recover: RecoverDigest;
  readonly did: Did;
  /** Our own WireGuard public key, base64. */
  readonly wireGuardKey: string;
  readonly terms: Terms;
  /** At most MAX_CANDIDATES. */
  readonly candidates: readonly Candidate[];
  readonly replays: ReplayCache;
  readonly limiter: RateLimiter;
  /** The key of the conversation's peer, for the rate limit. */
  readonly peer: string;
}

export type ResponderInput =
  | { readonly type: 'message'; readonly bytes: Uint8Array }
  /** The channel stands on chain: funded, not closing, grace long enough. */
  | { readonly type: 'clientVerified' }
  | { readonly type: 'clientRefused'; readonly error: WarrenError };

export type ResponderOutput =
  | { readonly type: 'send'; readonly bytes: Uint8Array }
  /**
   * m3 is genuine: check the channel on chain, answer with clientVerified or clientRefused (within 10 s).
   * The traversal may start with `session` at once; WireGuard's peer waits for `established`.
   */
  | { readonly type: 'verifyClient'; readonly payer: Address; readonly signer: Address; readonly session: Session }
  | { readonly type: 'established'; readonly session: Session }
  /** Final: forget the conversation (also 10 s after an m1 that nobody followed up). */
  | { readonly type: 'failed'; readonly error: WarrenError };
