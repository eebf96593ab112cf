/** The session's own reasons to give up a step, in words for the user. */
import { type ErrorCode, WarrenError, type WarrenErrorData } from '../../base/errors.ts';
import type { SessionState } from './api.ts';
import type { Wish } from './choose.ts';

export function nodeNotFound(want: Wish): WarrenErrorData {
  if (want.did !== undefined && want.avoid?.includes(want.did))
    return new WarrenError(
      'node_blocked',
      'You blocked this node.',
      'Unblock it in the node list, or choose another node.',
    ).data();
  const price = want.maxPricePerMB === undefined ? '' : ' at your price';
  const where = want.did
    ? 'This node is not offered'
    : want.country
      ? `No node in ${want.country} is offered`
      : 'No node is offered';
  return new WarrenError('node_not_found', `${where}${price} right now.`, 'Choose another node or country.').data();
}

/** What it means that a phase ran out of time: the step that did not answer names the cause. */
export function tooSlow(state: SessionState): WarrenErrorData {
  switch (state.phase) {
    case 'discovering':
      return new WarrenError(
        'relay_unreachable',
        'No relay answered in time, so no node could be looked up.',
        'Check your internet connection; Warren keeps trying.',
      ).data();
    case 'funding':
      return new WarrenError(
        'ledger_unreachable',
        'The blockchain did not answer in time.',
        'Check your internet connection; Warren keeps trying.',
      ).data();
    case 'shaking':
      return new WarrenError(
        'node_offline',
        'The node is listed but does not answer.',
        'Warren tries the next one; choose another node if it stays so.',
      ).data();
    case 'traversing':
      return new WarrenError(
        'no_path',
        'No direct path through both routers was found in time.',
        'Choose another node, or another network.',
      ).data();
    default:
      return new WarrenError(
        'tunnel_lost',
        'The tunnel was set up but carries no data.',
        'Warren tries again; choose another node if it stays so.',
      ).data();
  }
}

const OUR_OWN: readonly ErrorCode[] = [
  'netd_unreachable',
  'netd_refused',
  'wireguard_unavailable',
  'port_busy',
  'network_away',
  'wallet_locked',
  'metering_disputed',
  'internal',
];

/** It broke on this machine: the node is as good as before. */
export function isOurOwn({ code }: WarrenErrorData): boolean {
  return OUR_OWN.includes(code);
}

export function closeUnconfirmed(): WarrenErrorData {
  return new WarrenError(
    'close_unconfirmed',
    'The node did not confirm the close in time; your remainder is still in the channel.',
    'Connect to this node again to use it, or close the channel in the wallet.',
  ).data();
}
