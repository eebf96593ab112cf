/** What the matrix and the programs at both ends say to each other over IPC. */
import type { TransportAddress } from '../../shared/effects.ts';
import type { Nat } from '../../shared/machine/traversal/api.ts';
import type { Candidate } from '../../shared/wire/candidate.ts';
import type { NetworkProfile } from '../../shared/wire/network.ts';

export type Role = 'client' | 'provider';

export type Order =
  | { readonly do: 'open'; readonly role: Role; readonly profile: NetworkProfile }
  | { readonly do: 'check'; readonly remote: readonly Candidate[] }
  /** The peer's, as they are now. Provider only. */
  | { readonly do: 'roamed'; readonly remote: readonly Candidate[] }
  /** The provider sends to this address of ours by now: in the product a word of the control connection. Client only. */
  | { readonly do: 'moved'; readonly remote: TransportAddress }
  | { readonly do: 'close' };

/** Milliseconds are since the peer's candidates were known to this end. */
export type Said =
  | { readonly say: 'gathered'; readonly candidates: readonly Candidate[]; readonly nat: Nat }
  /** There is more of us than the peer was told. Client only. */
  | { readonly say: 'roam'; readonly candidates: readonly Candidate[] }
  | { readonly say: 'checking' }
  | { readonly say: 'nominated'; readonly kind: 'direct' | 'lan' | 'relay'; readonly ms: number }
  /** A datagram of ours went to the peer and came back, from and to the nominated pair. Client only. */
  | { readonly say: 'flows'; readonly kind: 'direct' | 'lan' | 'relay'; readonly ms: number }
  /** It sends there from now on. Provider only. */
  | { readonly say: 'moved'; readonly remote: TransportAddress }
  | { readonly say: 'failed'; readonly code: string; readonly message: string }
  | { readonly say: 'closed' };
