/**
 * One exit's life as the session loop sees it: what it is told (inputs), what it must do (outputs)
 * and the states in between. Each state carries exactly the data that is valid in it, so that "up
 * without a path" or "waiting for a signer of no node" cannot be written down.
 */
import type { WarrenErrorData } from '../../base/errors.ts';
import type { Address, Ms, Wei } from '../../base/units.ts';
import type { ChannelOnChain } from '../../effects.ts';
import type { EXIT_PHASES, Need } from '../../wire/native.ts';
import type { FoundProposal } from '../../wire/proposal.ts';
import type { Wish } from './choose.ts';

export type Phase = (typeof EXIT_PHASES)[number];

/** One attempt at one node. */
export interface Trial {
  /** Counts up over the exit's life: names the attempt whose answers are awaited. */
  readonly number: number;
  readonly node: FoundProposal;
  /** The nodes to try when this one fails, best first. */
  readonly rest: readonly FoundProposal[];
}

/** The node that an exit had and lost. */
export interface Loss {
  readonly node: FoundProposal;
  /** Epoch ms. */
  readonly at: Ms;
}

/** The path that traversal nominated, as far as the session cares. */
export interface Path {
  readonly address: string;
  readonly port: number;
}

/** Money before the handshake. `budget` is the network time put aside while the user has all the time. */
export type FundingStep =
  | { readonly at: 'signer'; readonly budget: Ms; readonly askedAt: Ms }
  | { readonly at: 'reading'; readonly signer: Address; readonly by: Ms }
  | {
      readonly at: 'approval';
      readonly signer: Address;
      readonly need: Extract<Need, { kind: 'channel' }>;
      readonly budget: Ms;
      readonly askedAt: Ms;
      readonly readAt: Ms;
    }
  /** Paid for; only the DID is still awaited. */
  | { readonly at: 'funded'; readonly signer: Address; readonly by: Ms };

interface Base {
  /** Epoch ms at which this phase began. */
  readonly since: Ms;
}

export type SessionState =
  /** `error` is what went wrong before, still to be shown; `round` counts whole failures in a row. */
  | (Base & {
      readonly phase: 'discovering';
      readonly by: Ms;
      readonly round: number;
      readonly error: WarrenErrorData | null;
    })
  | (Base & {
      readonly phase: 'funding';
      readonly trial: Trial;
      readonly round: number;
      readonly error: WarrenErrorData | null;
      /** The node's DID document is there and its key speaks for it. */
      readonly resolved: boolean;
      readonly step: FundingStep;
    })
  | (Base & {
      readonly phase: 'shaking';
      readonly trial: Trial;
      readonly round: number;
      /** The end of the whole budget, and of this step's share of it. */
      readonly by: Ms;
      readonly limit: Ms;
    })
  | (Base & {
      readonly phase: 'traversing';
      readonly trial: Trial;
      readonly round: number;
      readonly by: Ms;
      readonly tunnel: boolean;
      readonly path: Path | null;
      /** The provider's word (m4) that it knows our WireGuard key; awaited `graceUntil` once the rest is there. */
      readonly accepted: boolean;
      readonly graceUntil: Ms | null;
    })
  | (Base & {
      readonly phase: 'tunnelling';
      readonly trial: Trial;
      readonly round: number;
      readonly by: Ms;
      readonly wireguard: boolean;
      readonly proxy: boolean;
      readonly control: boolean;
    })
  | (Base & { readonly phase: 'up'; readonly trial: Trial; readonly round: number; readonly upAt: Ms })
  | (Base & {
      readonly phase: 'gated';
      readonly trial: Trial;
      readonly round: number;
      readonly upAt: Ms;
      readonly error: WarrenErrorData | null;
    })
  | (Base & { readonly phase: 'closing'; readonly trial: Trial; readonly by: Ms; readonly again: boolean })
  /** `error` says when the remainder could not be brought home. */
  | (Base & { readonly phase: 'closed'; readonly refunded: Wei | null; readonly error: WarrenErrorData | null })
  | (Base & {
      readonly phase: 'failed';
      readonly error: WarrenErrorData;
      readonly round: number;
      readonly retryAt: Ms;
    });

export type SessionInput =
  /** The user wants this exit (again, or another node for it). */
  | { readonly type: 'connect'; readonly want: Wish; readonly payer: Address }
  | { readonly type: 'disconnect'; readonly closeChannel: boolean }
  /** Answer to `discover`, best first. Empty: nobody fits. */
  | { readonly type: 'found'; readonly nodes: readonly FoundProposal[] }
  /** The node's DID document is there and its key speaks for it. */
  | { readonly type: 'resolved' }
  /** The channel signer's address is known. */
  | { readonly type: 'signer'; readonly address: Address }
  /** `maxPricePerMB`: what the user agreed to for this node; null when nothing is known of it. */
  | { readonly type: 'channel'; readonly channel: ChannelOnChain; readonly maxPricePerMB?: Wei | null }
  /** A transaction of the wallet went through: look at the channel now. */
  | { readonly type: 'wallet' }
  /** m3 is on its way: the handshake's session exists. */
  | { readonly type: 'established' }
  /** m4: the provider took us. */
  | { readonly type: 'accepted' }
  | { readonly type: 'tunnel' }
  | { readonly type: 'nominated'; readonly path: Path }
  | { readonly type: 'wireguard' }
  | { readonly type: 'proxy' }
  | { readonly type: 'control' }
  | { readonly type: 'gate'; readonly open: boolean; readonly error: WarrenErrorData | null }
  /** The tunnel's end was carried out; what came back to the wallet, null when the channel stays open. */
  | { readonly type: 'settled'; readonly refunded: Wei | null }
  /** Whatever broke in the attempt that runs now. */
  | { readonly type: 'failure'; readonly error: WarrenErrorData }
  /** The user asked, or the network came back: do not wait for the back-off. */
  | { readonly type: 'retry' };

export type SessionOutput =
  /** `lost`: the node whose successor is looked for; null when the user begins. */
  | { readonly type: 'discover'; readonly want: Wish; readonly lost: FoundProposal | null }
  /** Begin with a node: gather candidates, open the conversation, resolve its DID; say who signs. */
  | { readonly type: 'prepare'; readonly trial: Trial }
  | { readonly type: 'readChannel'; readonly trial: Trial; readonly signer: Address }
  | { readonly type: 'shake'; readonly trial: Trial; readonly signer: Address }
  /** Create the tunnel and start the checks, side by side. */
  | { readonly type: 'traverse'; readonly trial: Trial }
  /** Give WireGuard the peer at this address, and splice. */
  | { readonly type: 'join'; readonly trial: Trial; readonly path: Path }
  /** Open the local proxy and the control connection, side by side. */
  | { readonly type: 'open'; readonly trial: Trial }
  /** Close the proxy, send the last proof, ask for the close if told so; answer `settled`. */
  | { readonly type: 'settle'; readonly trial: Trial; readonly closeChannel: boolean }
  /** Everything of the running attempt goes, proxy sockets first. */
  | { readonly type: 'release' };
