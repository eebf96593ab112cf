/** The owner's settings as the terms of a session, and as an offer. */
import { parseUnits } from 'viem';
import type { Wei } from '../shared/base/units.ts';
import type { OfferedTerms } from '../shared/machine/handshake/api.ts';
import type { GeoFacts } from '../shared/node/geo.ts';
import type { NetworkProfile } from '../shared/wire/network.ts';
import type { Proposal } from '../shared/wire/proposal.ts';
import type { Identity } from './identity.ts';
import { proposalOf } from './offer.ts';
import type { Config } from './settings/table.ts';

export function weiOf(tokens: string, profile: NetworkProfile): Wei {
  return parseUnits(tokens, profile.tokenDecimals);
}

export function termsOf(config: Config, profile: NetworkProfile, identity: Identity): OfferedTerms {
  return {
    pricePerMB: weiOf(config.pricePerMB, profile),
    chainId: profile.chainId,
    channels: profile.channels,
    token: profile.token,
    payee: identity.account,
    minGraceMinutes: config.minGraceMinutes,
  };
}

/** @throws WarrenError internal when neither the tables nor the settings name a country. */
export function offerOf(config: Config, profile: NetworkProfile, identity: Identity, geo: GeoFacts | null): Proposal {
  return proposalOf({
    did: identity.did,
    payee: identity.account,
    pricePerMB: weiOf(config.pricePerMB, profile),
    minDeposit: weiOf(config.minDeposit, profile),
    config,
    profile,
    geo,
  });
}
