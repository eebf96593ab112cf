/** Whether the address that a node was really reached at bears out what its offer says of it. */
import { WarrenError, type WarrenErrorData } from '../shared/base/errors.ts';
import type { Proposal } from '../shared/wire/proposal.ts';

/** Null while nothing speaks against the offer; what the tables do not know is no evidence. */
export function contradiction(
  proposal: Pick<Proposal, 'country' | 'residential'>,
  found: { readonly country: string | null; readonly residential: boolean } | null,
): WarrenErrorData | null {
  if (!found) return null;
  if (found.country !== null && found.country !== proposal.country)
    return untrue(`The node says that it is in ${proposal.country}, but its address belongs to ${found.country}.`);
  if (proposal.residential && !found.residential)
    return untrue('The node says that it is a home, but its address belongs to a hosting network.');
  return null;
}

function untrue(message: string): WarrenErrorData {
  return new WarrenError('offer_untrue', message, 'Choose another node if the place matters to you.').data();
}
