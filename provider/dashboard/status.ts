/**
 * What the node tells its operator: the dashboard's and `status`'s one document. It holds no address,
 * destination or key of any client; amounts are decimal wei as text.
 */
import type { Nat } from '../../shared/machine/traversal/api.ts';
import type { Settlement } from '../settlement.ts';

export interface SessionStatus {
  /** Random, of this process only. */
  readonly id: string;
  readonly phase: string;
  /** Epoch ms. */
  readonly since: number;
  /** From and to the client, and per second. */
  readonly rxBytes: number;
  readonly txBytes: number;
  readonly rxRate: number;
  readonly txRate: number;
  /** Signed in this session. */
  readonly paid: string;
  readonly gate: 'open' | 'closed';
}

export interface Status {
  readonly version: string;
  readonly startedAt: number;
  readonly now: number;
  readonly state: 'starting' | 'serving' | 'draining';
  readonly did: string;
  readonly account: string;
  readonly network: { readonly name: string; readonly tokenSymbol: string; readonly tokenDecimals: number };
  readonly offer: {
    readonly country: string;
    readonly city: string | null;
    readonly asn: number | null;
    readonly network: string | null;
    readonly residential: boolean;
    readonly pricePerMB: string;
    readonly relays: number;
  } | null;
  readonly reach: {
    readonly relays: 'connecting' | 'connected' | 'unreachable';
    readonly ledger: 'unknown' | 'reachable' | 'unreachable';
    readonly nat: Nat | null;
    readonly port: number;
    /** How often the port has been changed since the start. */
    readonly rotations: number;
    readonly publicAddresses: readonly string[];
    readonly backend: string;
  };
  readonly clients: { readonly active: number; readonly max: number; readonly served: number };
  readonly sessions: readonly SessionStatus[];
  readonly traffic: {
    readonly rxBytes: number;
    readonly txBytes: number;
    /** Bytes of each of the last seconds, oldest first. */
    readonly rx: readonly number[];
    readonly tx: readonly number[];
  };
  readonly earnings: {
    /** Claimed on chain by this process. */
    readonly claimed: string;
    /** Signed and not yet claimed. */
    readonly unclaimed: string;
    readonly proofs: number;
    readonly settlements: readonly Settlement[];
  };
  readonly resolver: {
    readonly asked: number;
    readonly answered: number;
    readonly refused: number;
    readonly failed: number;
  };
}
