/** What a client's session is given by the node: the adapters, the rules, and the register of its kind. */
import type { WarrenError } from '../shared/base/errors.ts';
import type { Clock, LedgerReader } from '../shared/effects.ts';
import type { OfferedTerms, ResponderConfig, Session } from '../shared/machine/handshake/api.ts';
import type { AddressPool, TunnelAddresses } from './addresses.ts';
import type { EarningsRecord } from './earnings/record.ts';
import type { Endpoint } from './endpoint.ts';
import type { Log } from './log.ts';
import type { ProofBook } from './proofs.ts';
import type { ProviderRelay } from './relay.ts';
import type { Settlements } from './settlement.ts';
import type { ProviderTunnel } from './tunnel.ts';

/** What the register knows a session by. */
export interface RegisteredSession {
  readonly addresses: TunnelAddresses;
  readonly channel: Session['channel'] | null;
  readonly wireGuardKey: string | null;
}

/** The register of all sessions (sessions.ts), as one of them sees it. */
export interface SessionRegistry {
  makeRoom(session: RegisteredSession): Promise<WarrenError | null>;
  remove(session: RegisteredSession, wasAdmitted: boolean): void;
}

/** What every session of this node shares. */
export interface SessionParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly pool: AddressPool;
  readonly endpoint: Endpoint;
  readonly relay: ProviderRelay;
  readonly tunnel: ProviderTunnel;
  readonly ledger: LedgerReader;
  /** Each answer or silence of the chain, for the dashboard. */
  readonly onLedger: (reachable: boolean) => void;
  readonly book: ProofBook;
  readonly settlements: Settlements;
  readonly earnings: EarningsRecord;
  /** What a client who comes now is offered; the owner may change it. */
  terms(): OfferedTerms;
  /** ISO 3166 alpha-2 by the shipped tables; null where they know nothing. */
  countryOf(address: string): string | null;
  readonly handshake: Omit<ResponderConfig, 'terms' | 'candidates' | 'peer'>;
  readonly sessions: SessionRegistry;
}
