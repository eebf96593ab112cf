/** Gathers what the parts know into the one document of dashboard/status.ts. It changes nothing. */
import { readFileSync } from 'node:fs';
import type { Wei } from '../shared/base/units.ts';
import type { Directory } from '../shared/effects.ts';
import type { NetworkProfile } from '../shared/wire/network.ts';
import { type HealthLine, MAX_LISTED_SESSIONS, type Status } from './dashboard/status.ts';
import type { TrafficHistory } from './dashboard/traffic.ts';
import type { EarningsRecord } from './earnings/record.ts';
import type { Endpoint } from './endpoint.ts';
import type { Identity } from './identity.ts';
import { natWords } from './nat-words.ts';
import type { Offer } from './offer.ts';
import { owed, type ProofBook } from './proofs.ts';
import type { Resolver } from './resolver.ts';
import type { Sessions } from './sessions.ts';
import type { Config } from './settings/table.ts';
import type { Settlements } from './settlement.ts';
import type { ProviderTunnel } from './tunnel.ts';

export interface ReportParts {
  readonly startedAt: number;
  readonly now: number;
  readonly state: Status['state'];
  readonly ledger: Status['reach']['ledger'];
  readonly identity: Identity;
  readonly profile: NetworkProfile;
  readonly config: Config;
  readonly offer: Offer;
  readonly relays: ReturnType<Directory['status']>;
  readonly endpoint: Endpoint;
  readonly tunnel: ProviderTunnel;
  readonly sessions: Sessions;
  readonly traffic: TrafficHistory;
  readonly shareKbps: number | null;
  readonly settlements: Settlements;
  readonly earnings: EarningsRecord;
  readonly book: ProofBook;
  readonly resolver: Resolver;
  readonly health: readonly HealthLine[];
}

const MAX_LISTED_DAYS = 31;
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

export function report(parts: ReportParts): Status {
  const { identity, profile, offer, endpoint, tunnel, sessions, config } = parts;
  const proposal = offer.current;
  const { title, clients } = natWords(endpoint.nat);
  return {
    version,
    startedAt: parts.startedAt,
    now: parts.now,
    state: parts.state,
    did: identity.did,
    account: identity.account,
    sender: identity.sender.account,
    network: {
      name: profile.name,
      tokenSymbol: profile.tokenSymbol,
      tokenDecimals: profile.tokenDecimals,
      coinSymbol: profile.coinSymbol,
      explorer: profile.explorer,
    },
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
      natWords: { title, clients },
      port: endpoint.port,
      rotations: endpoint.rotation.count,
      publicAddresses: endpoint.publicAddresses,
      backend: tunnel.backend,
    },
    ...peopleOf(sessions, config),
    traffic: {
      ...tunnel.totals,
      rx: parts.traffic.rx,
      tx: parts.traffic.tx,
      capacityMbps: config.capacityMbps,
      shareKbps: parts.shareKbps,
    },
    earnings: earningsOf(parts),
    health: parts.health,
    resolver: parts.resolver.counts,
  };
}

function peopleOf(sessions: Sessions, config: Config): Pick<Status, 'clients' | 'sessions'> {
  const here = sessions.all.filter(({ admitted }) => admitted).map((session) => session.status());
  const countries: Record<string, number> = {};
  for (const { country } of here) if (country) countries[country] = (countries[country] ?? 0) + 1;
  const busiest = here.sort((a, b) => b.txRate + b.rxRate - a.txRate - a.rxRate || b.txBytes - a.txBytes);
  return {
    clients: {
      active: sessions.active,
      max: config.maxClients,
      served: sessions.served,
      refused: sessions.refused,
      countries,
    },
    sessions: busiest.slice(0, MAX_LISTED_SESSIONS),
  };
}

function earningsOf({ settlements, book, earnings }: ReportParts): Status['earnings'] {
  const unclaimed = book.unclaimed();
  return {
    claimed: String(settlements.claimed),
    unclaimed: String(unclaimed.reduce((sum: Wei, debt) => sum + owed(debt), 0n)),
    proofs: unclaimed.length,
    settlements: settlements.history,
    days: earnings.days
      .slice(-MAX_LISTED_DAYS)
      .map((day) => ({ ...day, earned: String(day.earned), claimed: String(day.claimed) })),
  };
}
