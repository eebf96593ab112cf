/** Discovery: proposals published to every relay, and found in the union of what they answer. */
import { WarrenError } from '../../base/errors.ts';
import type { Clock, Directory, ProposalQuery } from '../../effects.ts';
import { addressOf, DELETION_KIND, type NostrEvent } from '../../wire/nostr.ts';
import type { FoundProposal } from '../../wire/proposal.ts';
import { PROPOSAL_KIND, type Proposal } from '../../wire/proposal.ts';
import { PROPOSAL_NAME, proposalEvent, proposalFilter, readProposalEvent } from '../../wire/proposal-event.ts';
import type { Nostr } from '../nostr.ts';
import type { Receipt } from './connection.ts';
import type { RelayPool } from './pool.ts';

/** Nothing is waited for longer than this. */
const FIND_WITHIN_MS = 3_000;
/** After the first relay's whole answer, and after the second's, the others get so much longer: one may be gone. */
const STRAGGLERS_MS = [400, 150] as const;
const MAX_FOUND = 20_000;

export interface DirectoryOptions {
  readonly pool: RelayPool;
  readonly clock: Clock;
  readonly nostr: Promise<Nostr>;
  readonly secretKey: Uint8Array | null;
}

export function createDirectory({ pool, clock, nostr, secretKey }: DirectoryOptions): Directory {
  let last: NostrEvent | null = null;
  const nowSec = () => Math.floor(clock.now() / 1000);

  function hotKey(): Uint8Array {
    if (secretKey) return secretKey;
    throw new WarrenError('internal', 'This directory has no key to publish with.', 'Start it with the hot key.');
  }

  // A relay that restarted has forgotten us: say it again as soon as it is back.
  let open = pool.open;
  const unwatch = pool.watch(() => {
    if (pool.open > open && last && (readProposalEvent(last, nowSec()) || last.kind === DELETION_KIND))
      pool.publish(last);
    open = pool.open;
  });

  async function sendToAll(event: NostrEvent) {
    last = event;
    const receipts: readonly Receipt[] = await Promise.all(pool.publish(event));
    return {
      accepted: receipts.filter((r) => r.accepted).length,
      refusals: receipts.filter((r) => !r.accepted).map((r) => r.reason),
    };
  }

  /** A newer event must have a later second, or relays call it a duplicate. */
  const nextSecond = () => Math.max(nowSec(), (last?.created_at ?? 0) + 1);

  return {
    async publish(proposal: Proposal) {
      const key = hotKey();
      return sendToAll((await nostr).sign(proposalEvent(proposal, nextSecond()), key));
    },

    async withdraw() {
      const key = hotKey();
      const signer = await nostr;
      const name = `${PROPOSAL_KIND}:${signer.publicKeyOf(key)}:${PROPOSAL_NAME}`;
      const tags = [
        ['a', name],
        ['k', String(PROPOSAL_KIND)],
      ];
      await sendToAll(signer.sign({ kind: DELETION_KIND, created_at: nextSecond(), tags, content: '' }, key));
    },

    async find(query: ProposalQuery) {
      const { verify } = await nostr;
      const newest = new Map<string, { readonly found: FoundProposal; readonly event: NostrEvent }>();
      await collect((event) => {
        const name = addressOf(event);
        const known = newest.get(name);
        if (known && known.event.created_at >= event.created_at) return;
        if (!known && newest.size >= MAX_FOUND) return;
        const found = readProposalEvent(event, nowSec());
        if (found && verify(event)) newest.set(name, { found, event });
      });
      const all = [...newest.values()].map(({ found }) => found);
      return query.limit === undefined ? all : all.slice(0, query.limit);

      function collect(onEvent: (event: NostrEvent) => void): Promise<void> {
        return new Promise((resolve, reject) => {
          let answered = 0;
          const finish = () => {
            for (const undo of undos) undo();
            if (answered > 0) resolve();
            else reject(unreachable());
          };
          const look = () => {
            if (answered > 0 && answered >= pool.hopeful) finish();
          };
          const undos = [clock.after(FIND_WITHIN_MS, finish), pool.watch(look)];
          undos.push(
            pool.subscribe({
              filters: [proposalFilter(query)],
              onEvent,
              onStored() {
                const patience = STRAGGLERS_MS[answered++];
                if (patience !== undefined) undos.push(clock.after(patience, finish));
                look();
              },
            }),
          );
        });
      }
    },

    status: () => pool.status,
    async close() {
      unwatch();
    },
  };
}

function unreachable(): WarrenError {
  return new WarrenError('relay_unreachable', 'No relay answered.', 'Check the internet connection, then try again.');
}
