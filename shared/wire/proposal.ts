/**
 * A provider's offer: the content of one addressable, expiring event on the relays (NIP-01, NIP-40).
 * The event's signature is by the provider's hot key, a delegate of its DID.
 */
import * as v from 'valibot';
import { AddressSchema, CountrySchema, CountSchema, DidSchema, WeiSchema } from './schema.ts';

export const PROPOSAL_KIND = 30777;
export const SIGNAL_KIND = 21777;
export const MAX_PROPOSAL_BYTES = 1024;
/** Seconds from publication to expiry; providers refresh at half of it. */
export const PROPOSAL_LIFETIME_SEC = 1800;

export const ProposalSchema = v.object({
  version: v.literal(1),
  did: DidSchema,
  /** Where the channel pays to. */
  payee: AddressSchema,
  country: CountrySchema,
  city: v.optional(v.pipe(v.string(), v.maxLength(60))),
  asn: v.nullable(CountSchema),
  network: v.nullable(v.pipe(v.string(), v.maxLength(80))),
  residential: v.boolean(),
  pricePerMB: WeiSchema,
  minDeposit: WeiSchema,
  minGraceMinutes: CountSchema,
  capacityMbps: CountSchema,
  chainId: CountSchema,
  channels: AddressSchema,
  token: AddressSchema,
});
export type Proposal = v.InferOutput<typeof ProposalSchema>;
export type ProposalInput = v.InferInput<typeof ProposalSchema>;

/** A proposal as found: with the key that signed it (x-only secp256k1, BIP-340) and its expiry. */
export interface FoundProposal {
  readonly proposal: Proposal;
  readonly key: string;
  readonly publishedAtSec: number;
  readonly expiresAtSec: number;
}
