/**
 * What the node tells its operator: the dashboard's and `status`'s one document. It holds no address,
 * destination or key of any client; amounts are decimal wei as text.
 */
import type { Hex } from '../../shared/base/bytes.ts';
import type { Ms } from '../../shared/base/units.ts';

/** One line of the list of settlements; amounts are decimal wei. */
export interface Settlement {
  readonly at: Ms;
  readonly kind: 'claim' | 'close' | 'failed';
  readonly channels: number;
  readonly amount: string;
  readonly transaction: Hex | null;
  readonly error: string | null;
}

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
  /** Where the client's address is by the shipped tables; null: unknown, or behind a relay. */
  readonly country: string | null;
}

export interface HealthLine {
  readonly name: string;
  readonly ok: boolean;
  readonly text: string;
  /** What the owner can do about it. */
  readonly action: string | null;
}

export interface DayStatus {
  /** YYYY-MM-DD, UTC. */
  readonly day: string;
  readonly earned: string;
  readonly claimed: string;
  readonly rxBytes: number;
  readonly txBytes: number;
  readonly clients: number;
}

/** The busiest of them; how many there are is in `clients`. */
export const MAX_LISTED_SESSIONS = 100;

export interface Status {
  readonly version: string;
  readonly startedAt: number;
  readonly now: number;
  readonly state: 'starting' | 'serving' | 'draining';
  readonly did: string;
  /** Which is paid, and which sends transactions and pays their gas (not the same where the identity is cold). */
  readonly account: string;
  readonly sender: string;
  readonly network: {
    readonly name: string;
    readonly tokenSymbol: string;
    readonly tokenDecimals: number;
    readonly coinSymbol: string;
    readonly explorer: string | null;
  };
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
    readonly nat: { readonly mapping: string; readonly filtering: string; readonly translated: boolean | null } | null;
    /** The same in words: what it is, and what clients get. */
    readonly natWords: { readonly title: string; readonly clients: string };
    readonly port: number;
    /** How often the port has been changed since the start. */
    readonly rotations: number;
    readonly publicAddresses: readonly string[];
    readonly backend: string;
  };
  readonly clients: {
    readonly active: number;
    readonly max: number;
    readonly served: number;
    /** Sent away since the start, by what there was too little of. */
    readonly refused: Readonly<Record<string, number>>;
    /** Of those that are here, by country; the unknown ones are not among them. */
    readonly countries: Readonly<Record<string, number>>;
  };
  readonly sessions: readonly SessionStatus[];
  readonly traffic: {
    readonly rxBytes: number;
    readonly txBytes: number;
    /** Bytes of each of the last seconds, oldest first. */
    readonly rx: readonly number[];
    readonly tx: readonly number[];
    readonly capacityMbps: number;
    /** What one client may take while the line is full; null: as much as there is. */
    readonly shareKbps: number | null;
  };
  readonly earnings: {
    /** Claimed on chain by this process. */
    readonly claimed: string;
    /** Signed and not yet claimed. */
    readonly unclaimed: string;
    readonly proofs: number;
    readonly settlements: readonly Settlement[];
    /** Oldest first, a month at most; days with nothing are left out. */
    readonly days: readonly DayStatus[];
  };
  readonly health: readonly HealthLine[];
  readonly resolver: {
    readonly asked: number;
    readonly answered: number;
    readonly refused: number;
    readonly failed: number;
  };
}
