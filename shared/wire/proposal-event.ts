/**
 * A proposal as a Nostr event: kind 30777, `d` = "warren", content the JSON of ProposalSchema. The tags
 * repeat what relays index; an event whose tags do not say what its content says is not a proposal.
 */
import * as v from 'valibot';
import { utf8 } from '../base/bytes.ts';
import { expirationOf, type NostrEvent, type NostrFilter, tagOf, type UnsignedEvent } from './nostr.ts';
import {
  type FoundProposal,
  MAX_PROPOSAL_BYTES,
  PROPOSAL_KIND,
  PROPOSAL_LIFETIME_SEC,
  type Proposal,
  type ProposalInput,
  ProposalSchema,
} from './proposal.ts';

export const PROPOSAL_NAME = 'warren';
/** How far ahead an expiry may lie, and how far a sender's clock may be wrong. */
const MAX_LIFETIME_SEC = 2 * 3600;
const CLOCK_SKEW_SEC = 900;

/** @throws RangeError when the content would be larger than relays and clients accept. */
export function proposalEvent(proposal: Proposal, createdAt: number): UnsignedEvent {
  const input: ProposalInput = {
    ...proposal,
    pricePerMB: proposal.pricePerMB.toString(),
    minDeposit: proposal.minDeposit.toString(),
  };
  const content = JSON.stringify(input);
  if (utf8(content).length > MAX_PROPOSAL_BYTES) throw new RangeError(`proposal over ${MAX_PROPOSAL_BYTES} bytes`);
  return {
    kind: PROPOSAL_KIND,
    created_at: createdAt,
    tags: [['d', PROPOSAL_NAME], ...indexTags(proposal), ['expiration', String(createdAt + PROPOSAL_LIFETIME_SEC)]],
    content,
  };
}

/** Reads an event whose signature has been checked; null when it is no valid, living proposal. */
export function readProposalEvent(event: NostrEvent, nowSec: number): FoundProposal | null {
  const expiresAtSec = expirationOf(event);
  if (event.kind !== PROPOSAL_KIND || tagOf(event, 'd') !== PROPOSAL_NAME || expiresAtSec === null) return null;
  if (expiresAtSec <= nowSec || expiresAtSec > event.created_at + MAX_LIFETIME_SEC) return null;
  if (event.created_at > nowSec + CLOCK_SKEW_SEC) return null;
  if (event.content.length > MAX_PROPOSAL_BYTES || utf8(event.content).length > MAX_PROPOSAL_BYTES) return null;
  const parsed = v.safeParse(ProposalSchema, parseJson(event.content));
  if (!parsed.success) return null;
  const proposal = parsed.output;
  if (!indexTags(proposal).every(([name, value]) => tagOf(event, name) === value)) return null;
  return { proposal, key: event.pubkey, publishedAtSec: event.created_at, expiresAtSec };
}

/** The filter that finds such events. */
export function proposalFilter(query: {
  readonly country?: string;
  readonly residential?: boolean;
  readonly dids?: readonly string[];
  /** In wei. Relays know the order of magnitude only: what is dearer by less than twice comes along. */
  readonly maxPricePerMB?: bigint;
  readonly limit?: number;
}): NostrFilter {
  return {
    kinds: [PROPOSAL_KIND],
    limit: query.limit ?? 500,
    ...(query.country === undefined ? {} : { '#c': [query.country] }),
    ...(query.residential === undefined ? {} : { '#t': [accessOf(query.residential)] }),
    ...(query.dids === undefined ? {} : { '#i': query.dids }),
    ...(query.maxPricePerMB === undefined ? {} : { '#x': bucketsTo(query.maxPricePerMB) }),
  };
}

/** `c` country, `t` access, `i` DID, `x` price bucket: the order of magnitude of wei per MB, base 2. */
function indexTags(proposal: Proposal): [name: string, value: string][] {
  return [
    ['c', proposal.country],
    ['t', accessOf(proposal.residential)],
    ['i', proposal.did],
    ['x', String(bucketOf(proposal.pricePerMB))],
  ];
}

function bucketOf(price: bigint): number {
  return price.toString(2).length;
}

function bucketsTo(price: bigint): string[] {
  return Array.from({ length: bucketOf(price) }, (_, n) => String(n + 1));
}

function accessOf(residential: boolean): string {
  return residential ? 'residential' : 'hosting';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
