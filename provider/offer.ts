/**
 * What this node offers, and keeping it published: a signed proposal at the relays, renewed at half of
 * its life and whenever something in it changes. Country and network are what the shipped tables say of
 * our public address; the operator's word counts only where they know nothing.
 */
import { WarrenError } from '../shared/base/errors.ts';
import type { Address, Did, Wei } from '../shared/base/units.ts';
import type { Clock, Directory, Unsubscribe } from '../shared/effects.ts';
import type { GeoFacts } from '../shared/node/geo.ts';
import type { NetworkProfile } from '../shared/wire/network.ts';
import { PROPOSAL_LIFETIME_SEC, type Proposal } from '../shared/wire/proposal.ts';
import type { Log } from './log.ts';
import type { Config } from './settings/table.ts';

export interface OfferFacts {
  readonly did: Did;
  readonly payee: Address;
  readonly pricePerMB: Wei;
  readonly minDeposit: Wei;
  readonly config: Config;
  readonly profile: NetworkProfile;
  /** Of the public address; null where it is unknown. */
  readonly geo: GeoFacts | null;
}

/** @throws WarrenError internal when neither the tables nor the settings name a country. */
export function proposalOf(facts: OfferFacts): Proposal {
  const { config, profile, geo } = facts;
  const country = geo?.country ?? config.country;
  if (!country)
    throw new WarrenError('internal', 'The country of this node is unknown.', 'Say it with --country, as in DE.');
  return {
    version: 1,
    did: facts.did,
    payee: facts.payee,
    country,
    ...(config.city ? { city: config.city } : {}),
    asn: geo?.asn ?? null,
    network: geo?.network ?? null,
    residential: geo?.asn ? geo.residential : config.residential,
    pricePerMB: facts.pricePerMB,
    minDeposit: facts.minDeposit,
    minGraceMinutes: config.minGraceMinutes,
    capacityMbps: config.capacityMbps,
    chainId: profile.chainId,
    channels: profile.channels,
    token: profile.token,
  };
}

export interface Offer {
  /** Publishes now, and from then on by itself. */
  publish(proposal: Proposal): Promise<void>;
  readonly current: Proposal | null;
  /** Relays that took it at the last try. */
  readonly accepted: number;
  withdraw(): Promise<void>;
}

const RENEW_MS = (PROPOSAL_LIFETIME_SEC / 2) * 1000;
/** No relay took it: sooner again. */
const RETRY_MS = 5_000;

export function keepOffer(directory: Directory, clock: Clock, log: Log): Offer {
  let current: Proposal | null = null;
  let accepted = 0;
  let withdrawn = false;
  let cancel: Unsubscribe = () => {};

  async function publish(): Promise<void> {
    cancel();
    if (!current || withdrawn) return;
    try {
      const answer = await directory.publish(current);
      accepted = answer.accepted;
      if (answer.refusals.length > 0) log.warn({ refusals: answer.refusals }, 'a relay refused the offer');
      log.info({ relays: accepted, country: current.country, asn: current.asn }, 'offer published');
    } catch (error) {
      accepted = 0;
      log.warn({ error: error instanceof Error ? error.message : String(error) }, 'the offer could not be published');
    }
    if (withdrawn) return;
    cancel();
    cancel = clock.after(accepted > 0 ? RENEW_MS : RETRY_MS, () => void publish());
  }

  return {
    get current() {
      return current;
    },
    get accepted() {
      return accepted;
    },
    async publish(proposal) {
      current = proposal;
      await publish();
    },
    async withdraw() {
      withdrawn = true;
      cancel();
      if (current)
        await directory.withdraw().catch((error) => log.warn({ error: String(error) }, 'offer not withdrawn'));
    },
  };
}
