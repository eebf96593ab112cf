/**
 * Copies other relays' proposals by following them as an ordinary client. Nothing is taken on trust:
 * every event passes the same intake as a provider's own.
 */
import type { Clock } from '../../shared/effects.ts';
import { RelayConnection } from '../../shared/node/relays/connection.ts';
import { DELETION_KIND } from '../../shared/wire/nostr.ts';
import { PROPOSAL_KIND } from '../../shared/wire/proposal.ts';
import type { Intake } from './intake.ts';
import { LIMITS } from './limits.ts';

export function replicate(peers: readonly string[], intake: Intake, clock: Clock): { close(): Promise<void> } {
  const connections = peers.map((url) => {
    const connection = new RelayConnection(url, clock, () => {});
    connection.subscribe('replica', {
      filters: [{ kinds: [PROPOSAL_KIND, DELETION_KIND], limit: LIMITS.queryLimit }],
      onEvent: (event) => void intake.accept(event, JSON.stringify(event).length),
    });
    return connection;
  });
  return {
    close: async () => {
      await Promise.all(connections.map((connection) => connection.close()));
    },
  };
}
