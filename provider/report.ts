/** Gathers what the parts know into the one document of dashboard/status.ts. It changes nothing. */
import { readFileSync } from 'node:fs';
import type { Wei } from '../shared/base/units.ts';
import type { Directory } from '../shared/effects.ts';
import type { NetworkProfile } from '../shared/wire/network.ts';
import type { Status } from './dashboard/status.ts';
import type { TrafficHistory } from './dashboard/traffic.ts';
import type { Endpoint } from './endpoint.ts';
import type { Identity } from './identity.ts';
import type { Offer } from './offer.ts';
import { owed, type ProofBook } from './proofs.ts';
import type { Resolver } from './resolver.ts';
import type { Sessions } from './sessions.ts';
import type { Settlements } from './settlement.ts';
import type { ProviderTunnel } from './tunnel.ts';

export interface ReportParts {
  readonly startedAt: number;
  readonly now: number;
  readonly state: Status['state'];
  readonly ledger: Status['reach']['ledger'];
  readonly identity: Identity;
  readonly profile: NetworkProfile;
  readonly offer: Offer;
  readonly relays: ReturnType<Directory['status']>;
  readonly endpoint: Endpoint;
  readonly tunnel: ProviderTunnel;
  readonly sessions: Sessions;
  readonly maxClients: number;
  readonly traffic: TrafficHistory;
  readonly settlements: Settlements;
  readonly book: ProofBook;
  readonly resolver: Resolver;
}

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

export function report(parts: ReportParts): Status {
  const { identity, profile, offer, endpoint, tunnel, sessions, settlements } = parts;
  const proposal = offer.current;
  const unclaimed = parts.book.unclaimed();
  return {
    version,
    startedAt: parts.startedAt,
    now: parts.now,
    state: parts.state,
    did: identity.did,
    account: identity.account,
    network: { name: profile.name, tokenSymbol: profile.tokenSymbol, tokenDecimals: profile.tokenDecimals },
    offer: proposal && {
      country: proposal.country,
      city: proposal.city ?? null,
      asn: proposal.asn,
      network: proposal.network,
      residential: proposal.residential,
      pricePerMB: String(proposal.pricePerMB),
      relays: offer.accepted,
    },
    reach: {
      relays: parts.relays,
      ledger: parts.ledger,
      nat: endpoint.nat,
      port: endpoint.port,
      rotations: endpoint.rotation.count,
      publicAddresses: endpoint.publicAddresses,
      backend: tunnel.backend,
    },
    clients: { active: sessions.active, max: parts.maxClients, served: sessions.served },
    sessions: sessions.all.filter(({ admitted }) => admitted).map((session) => session.status()),
    traffic: { ...tunnel.totals, rx: parts.traffic.rx, tx: parts.traffic.tx },
    earnings: {
      claimed: String(settlements.claimed),
      unclaimed: String(unclaimed.reduce((sum: Wei, debt) => sum + owed(debt), 0n)),
      proofs: unclaimed.length,
      settlements: settlements.history,
    },
    resolver: parts.resolver.counts,
  };
}
