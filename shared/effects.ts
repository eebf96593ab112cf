/**
 * The seams: what the session loops need from the world, as types only. `shared/node` holds the real
 * adapters, `tests/fakes` their in-memory twins, and one compliance suite runs over both.
 */
import type { Hex } from './base/bytes.ts';
import type { Address, Did, Ms, Wei } from './base/units.ts';
import type { HistoryPage } from './wire/native.ts';
import type { NetdResult, Verb, VerbName } from './wire/netd.ts';
import type { FoundProposal, Proposal } from './wire/proposal.ts';
import type { TurnGrantAnswer } from './wire/turn/grant.ts';
import type { TurnServer } from './wire/turn/uri.ts';

export type Unsubscribe = () => void;

/** Wall clock and timers; a steerable twin drives the tests. */
export interface Clock {
  now(): Ms;
  after(delay: Ms, run: () => void): Unsubscribe;
}

export interface TransportAddress {
  readonly address: string;
  readonly port: number;
}

/** One bound UDP socket (RFC 8445 "base"). Packets that cannot be sent are dropped, as a network would. */
export interface Datagrams {
  readonly local: TransportAddress;
  send(packet: Uint8Array, to: TransportAddress): void;
  onPacket(handler: (packet: Uint8Array, from: TransportAddress) => void): Unsubscribe;
  close(): Promise<void>;
}

/** A connection to a TURN server: whole messages both ways, whatever is below. What can not be sent is dropped. */
export interface TurnConnection {
  send(message: Uint8Array): void;
  /** The same as a ChannelData message around this packet. */
  sendOnChannel(channel: number, packet: Uint8Array): void;
  /** Messages are views, good until the handler returns. */
  onMessage(handler: (message: Uint8Array) => void): Unsubscribe;
  /** It ended and comes back no more; UDP never says so. */
  onClosed(handler: () => void): Unsubscribe;
  close(): void;
}

/** A line to the home router's port-control service (PCP, NAT-PMP). */
export interface RouterLine {
  /** Our own address as the router sees it. */
  readonly client: string;
  send(packet: Uint8Array): void;
  onPacket(handler: (packet: Uint8Array) => void): void;
  /** The router's port is closed. */
  onRefused(handler: () => void): void;
  /** The same router's UPnP-IGD service; null where it has none. */
  findIgd(): Promise<IgdRouter | null>;
  close(): Promise<void>;
}

/** A home router that opens UDP ports by UPnP-IGD. */
export interface IgdRouter {
  /** @param lifetime seconds. Null: it would not. */
  map(port: number, externalPort: number, lifetime: number): Promise<TransportAddress | null>;
  unmap(externalPort: number): Promise<void>;
}

/** How to reach TURN servers, and who gives leave to use them. */
export interface TurnAccess {
  /** @throws WarrenError turn_unreachable */
  connect(server: TurnServer): Promise<TurnConnection>;
  /** @throws WarrenError turn_unreachable, rate_limited */
  grant(): Promise<TurnGrantAnswer>;
}

/** warren-netd. Everything created over one device goes when it closes. */
export interface TunnelDevice {
  ask<V extends VerbName>(body: Extract<Verb, { verb: V }>): Promise<NetdResult<V>>;
  onLost(handler: () => void): Unsubscribe;
  close(): Promise<void>;
}

export interface ProposalQuery {
  readonly country?: string;
  readonly residential?: boolean;
  readonly dids?: readonly Did[];
  /** Per MB; somewhat dearer ones may come along. */
  readonly maxPricePerMB?: Wei;
  readonly limit?: number;
}

/** Discovery over several relays: publish to all, find in the union, verify every signature. */
export interface Directory {
  publish(proposal: Proposal): Promise<{ readonly accepted: number; readonly refusals: readonly string[] }>;
  withdraw(): Promise<void>;
  find(query: ProposalQuery): Promise<readonly FoundProposal[]>;
  status(): 'connecting' | 'connected' | 'unreachable';
  close(): Promise<void>;
}

/** An exchange of small binary messages with one peer through the relays. At most 16 KiB a message. */
export interface Conversation {
  /** x-only public key of the peer, hex: authenticated, every message carries its signature. */
  readonly peer: string;
  /** Arrives in the order of sending, or never. */
  send(message: Uint8Array): void;
  /** Arrives as soon as it can, whatever was lost before it: for what carries a number of its own. */
  tell(message: Uint8Array): void;
  onMessage(handler: (message: Uint8Array) => void): Unsubscribe;
  /** A relay said that nobody listens for this key. */
  onUnreachable(handler: () => void): Unsubscribe;
  close(): void;
}

export interface Signal {
  /** Client side, under a fresh key of its own (unlinkable between sessions). */
  open(peer: string): Conversation;
  /** Provider side: one call per new peer key. */
  listen(handler: (conversation: Conversation) => void): Promise<Unsubscribe>;
  /** Round trip through the relay, or null when the peer did not answer within the time. */
  ping(peer: string, timeout: Ms): Promise<Ms | null>;
  close(): Promise<void>;
}

/** What the chain says about a DID (ERC-1056), reduced to what Warren decides on. */
export interface DidDocument {
  readonly did: Did;
  /** identityOwner; the zero address means deactivated. */
  readonly controller: Address;
  /** Live `veriKey` delegates with the Unix second at which they end. */
  readonly delegates: readonly { readonly address: Address; readonly validTo: number }[];
  /** Former `veriKey` delegates, run out or revoked, newest last: only to say why one is refused. */
  readonly expired?: readonly Address[];
  /** Relay URLs from the service attribute `did/svc/WarrenVPN`. */
  readonly services: readonly string[];
  readonly block: { readonly number: bigint; readonly time: number };
}

export interface ChannelOnChain {
  readonly exists: boolean;
  readonly deposit: Wei;
  /** In the newest block: a reorganisation may take it back. */
  readonly claimed: Wei;
  /** At the depth that the profile counts as settled; absent means the same as `claimed`. */
  readonly settledClaimed?: Wei;
  /** Unix seconds from which the payer may withdraw; 0 while open. */
  readonly closeAt: number;
  readonly graceMinutes: number;
  readonly epoch: number;
}

export interface ChannelParties {
  readonly payer: Address;
  readonly signer: Address;
  readonly payee: Address;
}

export interface SignedProof {
  readonly cumulative: Wei;
  /** EIP-2098, 64 bytes. */
  readonly signature: Uint8Array;
}

/** Reading the chain: one batch per question. Every method throws `ledger_unreachable` when the RPC is down. */
export interface LedgerReader {
  resolve(did: Did): Promise<DidDocument>;
  /** Unix seconds of the DID's first entry in the registry; null when it has none. */
  bornAt(did: Did): Promise<number | null>;
  channel(parties: ChannelParties): Promise<ChannelOnChain>;
  account(account: Address): Promise<{
    readonly coin: Wei;
    readonly token: Wei;
    readonly nonce: number;
    readonly maxFeePerGas: Wei;
    readonly maxPriorityFeePerGas: Wei;
    readonly permitNonce: bigint;
    /** False when the token has no EIP-2612: then `permitNonce` is 0 and means nothing. */
    readonly permit?: boolean;
    /** With `permit` false: what the channels contract may take already. */
    readonly allowance?: Wei;
    /** Transactions in blocks; `nonce` counts pending ones too. */
    readonly minedNonce?: number;
    readonly blockTime: number;
  }>;
  broadcast(raw: Hex): Promise<Hex>;
  receipt(hash: Hex): Promise<{
    readonly status: 'pending' | 'confirmed' | 'reverted';
    readonly confirmations: number;
    readonly gasUsed: bigint | null;
    /** Wei of the coin; absent while pending. */
    readonly fee?: Wei;
    /** The revert's reason, where the node can still tell. */
    readonly reason?: string;
  }>;
  /** A page of what the chain recorded of an account, oldest first. `channels`: its channels opened before `from`. */
  history(account: Address, from: number | undefined, channels: readonly Hex[]): Promise<HistoryPage>;
  /** Calls with each standing `CloseRequested` of this payee's channels once: those of before, and as blocks arrive. */
  onCloseRequested(payee: Address, handler: (id: Hex, closeAt: number) => void): Unsubscribe;
}

/** Writing as one account (the provider's). Each resolves when mined; throws `transaction_failed`. */
export interface LedgerWriter {
  readonly account: Address;
  register(options: {
    readonly delegate: Address;
    readonly delegateSeconds: number;
    readonly services: readonly string[];
  }): Promise<void>;
  /** One to 200 proofs. Throws `proof_too_low`, without spending gas, when they would pay nothing. */
  claim(
    payee: Address,
    items: readonly (SignedProof & { readonly payer: Address })[],
  ): Promise<{ readonly transaction: Hex; readonly total: Wei; readonly gasUsed: bigint }>;
  /** Tokens of this account to another one. */
  transfer(to: Address, amount: Wei): Promise<{ readonly transaction: Hex }>;
  /** The chain's own coin; the fee comes on top. */
  transferCoin(to: Address, amount: Wei): Promise<{ readonly transaction: Hex }>;
  /**
   * Payee: take the last proof and hand the remainder back. `claimed` is cumulative over the life of the channel.
   * Throws `proof_invalid`, without sending anything, when the chain would not pay the proof.
   */
  close(
    payer: Address,
    signer: Address,
    last: SignedProof | null,
  ): Promise<{ readonly transaction: Hex; readonly claimed: Wei; readonly refunded: Wei }>;
}

/** An ephemeral X25519 key (RFC 7748). The private half stays behind the method. */
export interface AgreementKey {
  readonly publicKey: Uint8Array;
  /** The 32-byte shared secret; null when the peer's key is of low order or no key at all. */
  agree(peerPublicKey: Uint8Array): Uint8Array | null;
}

/** An ephemeral ML-KEM-768 key (FIPS 203). */
export interface KemKey {
  /** 1184 bytes. */
  readonly encapsulationKey: Uint8Array;
  /** The 32-byte secret (implicit rejection: a tampered ciphertext gives another secret); null when no ciphertext. */
  decapsulate(ciphertext: Uint8Array): Uint8Array | null;
}

/** The handshake's primitives. Every function is synchronous and never throws on a stranger's bytes. */
export interface HandshakeCrypto {
  randomBytes(length: number): Uint8Array;
  sha256(data: Uint8Array): Uint8Array;
  /** HKDF-SHA-256 (RFC 5869). */
  hkdf(secret: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array;
  agreementKey(): AgreementKey;
  kemKey(): KemKey;
  /** Null when the bytes are no valid encapsulation key (FIPS 203 §7.2 input check). */
  encapsulate(
    encapsulationKey: Uint8Array,
  ): { readonly ciphertext: Uint8Array; readonly sharedSecret: Uint8Array } | null;
  /** ChaCha20-Poly1305 (RFC 8439) with an all-zero nonce: each key seals exactly one message. Tag at the end. */
  seal(key: Uint8Array, plaintext: Uint8Array, associated: Uint8Array): Uint8Array;
  /** Null when the tag does not match. */
  open(key: Uint8Array, sealed: Uint8Array, associated: Uint8Array): Uint8Array | null;
}
