/** Which nodes fit a want, best first. Pure, so that a choice can be explained and tested. */
import type { Did, Ms } from '../../base/units.ts';
import type { ExitWant } from '../../wire/native.ts';
import type { FoundProposal } from '../../wire/proposal.ts';

export interface Measured {
  readonly found: FoundProposal;
  /** Round trip through the rendezvous; null while unmeasured. */
  readonly latencyMs: Ms | null;
  /** False when a ping went unanswered. */
  readonly online: boolean;
}

/** What the rules need of an exit, and the nodes that the user will not have. */
export interface Wish extends ExitWant {
  readonly avoid?: readonly Did[];
}

/** More than this is never tried in a row: the user would rather choose anew. */
export const MOST_CANDIDATES = 8;

export function fits(found: FoundProposal, want: Wish): boolean {
  const { proposal } = found;
  if (want.avoid?.includes(proposal.did)) return false;
  if (want.did !== undefined && proposal.did !== want.did) return false;
  if (want.country !== undefined && proposal.country !== want.country) return false;
  return want.maxPricePerMB === undefined || proposal.pricePerMB <= want.maxPricePerMB;
}

export function sameWant(a: Wish, b: Wish): boolean {
  const same = a.did === b.did && a.country === b.country && a.maxPricePerMB === b.maxPricePerMB;
  return same && (a.avoid ?? []).join() === (b.avoid ?? []).join();
}

/**
 * @param preferred nodes used before, which hold a funded channel: they come first, since another
 * node costs the user a screen and a transaction.
 * @param lost the node whose successor is looked for: one of its country comes first, so that sites see
 * the user in the same place; it is itself the last to be tried.
 */
export function choose(
  nodes: readonly Measured[],
  want: Wish,
  preferred: readonly Did[],
  lost: FoundProposal | null = null,
): readonly FoundProposal[] {
  const score = ({ found: { proposal }, online, latencyMs }: Measured) =>
    (proposal.did === lost?.proposal.did ? 16e6 : 0) +
    (online ? 0 : 8e6) +
    (lost && proposal.country !== lost.proposal.country ? 4e6 : 0) +
    (preferred.includes(proposal.did) ? 0 : 2e6) +
    (latencyMs ?? 5e5);
  return nodes
    .filter((node) => fits(node.found, want))
    .toSorted((a, b) => score(a) - score(b) || Number(a.found.proposal.pricePerMB - b.found.proposal.pricePerMB))
    .slice(0, MOST_CANDIDATES)
    .map((node) => node.found);
}
