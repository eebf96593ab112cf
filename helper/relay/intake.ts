/** Decides on one event: our kinds, in size, in time, signed, admitted; then stores it or passes it on. */
import type { Nostr } from '../../shared/node/nostr.ts';
import { DELETION_KIND, expirationOf, type NostrEvent, tagOf } from '../../shared/wire/nostr.ts';
import { PROPOSAL_KIND, SIGNAL_KIND } from '../../shared/wire/proposal.ts';
import type { Metrics } from '../metrics.ts';
import { createRateLimit } from '../rate-limit.ts';
import { LIMITS } from './limits.ts';
import type { ProposalStore } from './store.ts';
import type { Subscriptions } from './subscriptions.ts';

/** NIP-01 OK: the reason of a refusal starts with a machine-readable word and a colon. */
export interface Verdict {
  readonly accepted: boolean;
  readonly reason: string;
}

/** Says whether a key may publish proposals here (say: its DID is registered on chain). */
export type Admission = (publicKey: string) => Promise<boolean>;

export interface IntakeOptions {
  readonly nostr: Nostr;
  readonly store: ProposalStore;
  readonly subscriptions: Subscriptions;
  readonly metrics: Metrics;
  readonly admission?: Admission;
  readonly nowMs?: () => number;
}

export interface Intake {
  /** `bytes`: the size of the event as received. */
  accept(event: NostrEvent, bytes: number): Promise<Verdict>;
}

const accepted = (reason = ''): Verdict => ({ accepted: true, reason });
const refused = (reason: string): Verdict => ({ accepted: false, reason });

const FORGED = refused('invalid: signature');
const TOO_MANY = refused('rate-limited: too many events of this key');

export function createIntake(options: IntakeOptions): Intake {
  const { nostr, store, subscriptions, metrics, admission } = options;
  const nowMs = options.nowMs ?? Date.now;
  const perKey = createRateLimit(LIMITS.eventsPerKey);

  /** A key is charged only for what it signed, so nobody can use up another's share. */
  function blame(event: NostrEvent): Verdict | null {
    if (!nostr.verify(event)) return FORGED;
    return perKey.take(event.pubkey, nowMs()) ? null : TOO_MANY;
  }

  async function decide(event: NostrEvent, bytes: number): Promise<Verdict> {
    const nowSec = Math.floor(nowMs() / 1000);
    if (Math.abs(nowSec - event.created_at) > LIMITS.clockSkewSec)
      return refused('invalid: created_at is too far from now');
    switch (event.kind) {
      case SIGNAL_KIND:
        return signal(event);
      case PROPOSAL_KIND:
        return proposal(event, bytes, nowSec);
      case DELETION_KIND:
        return deletion(event);
      default:
        return refused('blocked: this relay carries Warren proposals and signals only');
    }
  }

  function signal(event: NostrEvent): Verdict {
    const receivers = event.tags.filter(([name]) => name === 'p');
    const [, receiver] = receivers.length === 1 ? (receivers[0] ?? []) : [];
    if (receiver === undefined) return refused('invalid: a signal has exactly one p tag');
    // Before the signature is checked: who calls a provider that is gone learns it at once, and cheaply.
    if (!subscriptions.listens(receiver)) return refused('unreachable: nobody listens');
    const blamed = blame(event);
    if (blamed) return blamed;
    return subscriptions.deliver(event) > 0 ? accepted() : refused('unreachable: nobody listens');
  }

  async function proposal(event: NostrEvent, bytes: number, nowSec: number): Promise<Verdict> {
    const expiresAt = expirationOf(event);
    if (bytes > LIMITS.proposalEventBytes) return refused('invalid: a proposal has at most 4096 bytes');
    if (!tagOf(event, 'd')) return refused('invalid: d tag missing');
    if (expiresAt === null || expiresAt <= nowSec || expiresAt > nowSec + LIMITS.proposalLifetimeSec)
      return refused('invalid: expiration must lie within two hours');
    const blamed = blame(event);
    if (blamed) return blamed;
    if (admission && !(await admission(event.pubkey))) return refused('restricted: this key is not registered');
    switch (store.put(event)) {
      case 'older':
        return accepted('duplicate: a newer version is here');
      case 'deleted':
        return refused('blocked: deleted by its author');
      case 'full':
        return refused('rate-limited: no room for more proposals');
      case 'stored':
        subscriptions.deliver(event);
        return accepted();
    }
  }

  function deletion(event: NostrEvent): Verdict {
    const blamed = blame(event);
    if (blamed) return blamed;
    store.delete(event);
    subscriptions.deliver(event);
    return accepted();
  }

  return {
    async accept(event, bytes) {
      const verdict = await decide(event, bytes);
      const known = { [SIGNAL_KIND]: 'signal', [PROPOSAL_KIND]: 'proposal', [DELETION_KIND]: 'deletion' }[event.kind];
      const outcome = verdict.accepted ? 'accepted' : (verdict.reason.split(':')[0] ?? 'refused');
      metrics.count('warren_events_total', { kind: known ?? 'other', outcome });
      return verdict;
    },
  };
}
