/**
 * Paying per megabyte, types only. Byte counts are WireGuard's own counters of this session's peer
 * (both start at 0 with the session); amounts are cumulative token wei over the channel's whole life.
 * The rule is in docs/protocol/control.md.
 */
import type { WarrenError } from '../../base/errors.ts';
import type { Address, ByteCount, Ms, Wei } from '../../base/units.ts';
import type { SignedProof } from '../../effects.ts';

/** Over-counting that is forgiven: 3 % and 256 KiB (packets lost after they were counted). */
export const TOLERANCE_RATIO = 0.03;
export const TOLERANCE_BYTES: ByteCount = 262_144;

// ---------------------------------------------------------------- client

export interface PayerConfig {
  /** Our channel signer: what a proof handed back must recover to. */
  readonly signer: Address;
  readonly pricePerMB: Wei;
  readonly deposit: Wei;
  /** Already claimed on chain; the cumulative amount goes on from there at least. */
  readonly claimed: Wei;
  /** Highest amount signed before, when still known; 0n otherwise. */
  readonly highestSigned: Wei;
}

export type PayerInput =
  /**
   * From the control channel's `ready`: our own highest proof as the provider holds it, with whom its
   * signature recovers to; null when the provider holds none. Paying starts here.
   */
  | {
      readonly type: 'recovered';
      readonly highest: { readonly cumulative: Wei; readonly signer: Address | null } | null;
    }
  /** Our WireGuard counters for this peer: sample every 100–250 ms while the tunnel is up. */
  | { readonly type: 'counters'; readonly rxBytes: ByteCount; readonly txBytes: ByteCount }
  /** The provider's receipt: `rxBytes` is what it received from us. */
  | { readonly type: 'receipt'; readonly accepted: Wei; readonly rxBytes: ByteCount; readonly txBytes: ByteCount }
  /** The provider's gate: shut although all is paid means that the two counts have drifted apart. */
  | { readonly type: 'gate'; readonly open: boolean }
  /** The answer to `sign`. */
  | { readonly type: 'signed'; readonly cumulative: Wei; readonly signature: Uint8Array }
  /** The channel was topped up (confirmed). */
  | { readonly type: 'deposit'; readonly deposit: Wei }
  /** The provider refused a proof: we stop paying and say why. */
  | { readonly type: 'refused'; readonly error: WarrenError }
  /** The stop-paying switch. */
  | { readonly type: 'stop'; readonly stopped: boolean };

export type PayerOutput =
  | { readonly type: 'sign'; readonly cumulative: Wei }
  /** Remember this amount (RAM of the host) before the `send` that follows it. */
  | { readonly type: 'persist'; readonly cumulative: Wei }
  /** Goes out as the control channel's `proof`. */
  | { readonly type: 'send'; readonly proof: SignedProof; readonly rxBytes: ByteCount }
  /** Less than ten megabytes are left in the deposit: time for a top-up. Once per deposit. */
  | { readonly type: 'exhausted'; readonly remaining: Wei }
  /** `metering_disputed`, `proof_invalid` or the provider's own refusal: no more is signed. */
  | { readonly type: 'disputed'; readonly error: WarrenError };

// ---------------------------------------------------------------- provider

export interface PayeeConfig {
  readonly signer: Address;
  readonly pricePerMB: Wei;
  /** Highest proof of this channel (journal), null when there is none. */
  readonly highest: SignedProof | null;
  readonly deposit: Wei;
  readonly claimed: Wei;
  /** Unix seconds; 0 while open. */
  readonly closeAt: number;
  /** `unpaidBytes` of this channel's last session; 0 for a new one. */
  readonly unpaidBytes: ByteCount;
  readonly roundTripMs: Ms;
}

export type PayeeInput =
  /** `signer` is what the signature recovers to; null when it is no signature. `rxBytes`: what the client says it received. */
  | {
      readonly type: 'proof';
      readonly proof: SignedProof;
      readonly signer: Address | null;
      readonly rxBytes: ByteCount;
    }
  /** Our WireGuard counters of this peer: sample every 100–250 ms while the peer is up. */
  | { readonly type: 'counters'; readonly rxBytes: ByteCount; readonly txBytes: ByteCount }
  | { readonly type: 'roundTrip'; readonly ms: Ms }
  | { readonly type: 'channel'; readonly deposit: Wei; readonly closeAt: number };

export type PayeeOutput =
  /** To netd's `gate` and as the control channel's `gate`; it starts open. `error` is null when it opens. */
  | { readonly type: 'gate'; readonly open: boolean; readonly error: WarrenError | null }
  /** To the journal, before anything is granted for it. */
  | { readonly type: 'persist'; readonly proof: SignedProof }
  | { readonly type: 'receipt'; readonly accepted: Wei; readonly rxBytes: ByteCount; readonly txBytes: ByteCount }
  | { readonly type: 'refuse'; readonly error: WarrenError };
