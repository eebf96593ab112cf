/**
 * The pairs to check, in order (RFC 8445 §6.1.2). All local candidates share one socket, so a pair is
 * told by the remote address alone: host and reflexive candidates have the same base (§6.1.2.4).
 * Candidates that need another way to send (relayed, a birthday socket) will be pairs of their own.
 */
import type { Ms } from '../../base/units.ts';
import type { TransportAddress } from '../../effects.ts';
import { type Candidate, MAX_CANDIDATES } from '../../wire/candidate.ts';
import type { CandidatePair, ChecksOptions } from './api.ts';
import { addressKey, candidatePriority, checkableCandidates, isIp6, pairPriority } from './candidates.ts';

export interface Pair {
  remote: Candidate;
  /** Before an answer: the best candidate of this family; after it: the address the peer saw. */
  local: Candidate;
  priority: bigint;
  state: 'waiting' | 'in-progress' | 'succeeded';
  /** Checks sent since the last (re)start, and when the next one is due. */
  tries: number;
  dueAt: Ms;
  rttMs: Ms | null;
  /** The peer nominated it before our own check had succeeded (controlled side). */
  nominatedByPeer: boolean;
}

/** Peer-reflexive remotes beyond this are not kept: only the peer itself can make us learn one. */
const MAX_LEARNED = 8;
const MAX_PAIRS = 32;

export class Checklist {
  readonly #role: ChecksOptions['role'];
  #local: readonly Candidate[];
  #remote: readonly Candidate[];
  #pairs = new Map<string, Pair>();

  constructor(role: ChecksOptions['role'], local: readonly Candidate[], remote: readonly Candidate[]) {
    this.#role = role;
    this.#local = local;
    this.#remote = remote;
    this.#pair();
  }

  /** Highest priority first. */
  get pairs(): readonly Pair[] {
    return [...this.#pairs.values()].sort((a, b) => (a.priority > b.priority ? -1 : a.priority < b.priority ? 1 : 0));
  }

  find(remote: TransportAddress): Pair | null {
    return this.#pairs.get(addressKey(remote)) ?? null;
  }

  add(side: 'local' | 'remote', candidates: readonly Candidate[]): void {
    if (side === 'local') this.#local = candidates;
    else this.#remote = [...candidates, ...this.#remote].slice(0, MAX_CANDIDATES);
    this.#pair();
  }

  /** A peer-reflexive remote (RFC 8445 §7.3.1.3), from an authenticated check; the oldest one but `keep` makes room. */
  learn(from: TransportAddress, priority: number, keep: Pair | null): Pair | null {
    const learned = [...this.#pairs].filter(([, p]) => p.remote.type === 'prflx');
    const oldest = learned.find(([, p]) => p !== keep);
    if (learned.length >= MAX_LEARNED && oldest) this.#pairs.delete(oldest[0]);
    if (this.#pairs.size >= MAX_PAIRS) return null;
    const capped = Math.min(Math.max(priority, 1), candidatePriority('prflx', 0));
    return this.#insert({ type: 'prflx', ...from, priority: capped });
  }

  /** The peer saw us as `mapped`: that is the pair's true local candidate (§7.2.5.3.1). */
  seenAs(pair: Pair, mapped: TransportAddress): void {
    const known = this.#local.find((c) => c.address === mapped.address && c.port === mapped.port);
    pair.local = known ?? { type: 'prflx', ...mapped, priority: candidatePriority('prflx', 0) };
  }

  #pair(): void {
    for (const remote of checkableCandidates(this.#local, this.#remote)) {
      const known = this.find(remote);
      // Signalled later than learned: the peer's own word on type and priority wins.
      if (known?.remote.type === 'prflx') known.remote = remote;
      else if (!known && this.#pairs.size < MAX_PAIRS) this.#insert(remote);
    }
  }

  #insert(remote: Candidate): Pair | null {
    const local = this.#base(remote);
    if (!local) return null;
    const [g, d] = this.#role === 'controlling' ? [local, remote] : [remote, local];
    const pair: Pair = {
      remote,
      local,
      priority: pairPriority(g.priority, d.priority),
      state: 'waiting',
      tries: 0,
      dueAt: 0,
      rttMs: null,
      nominatedByPeer: false,
    };
    this.#pairs.set(addressKey(remote), pair);
    return pair;
  }

  #base(remote: Candidate): Candidate | null {
    const same = this.#local.filter((c) => c.type !== 'relay' && isIp6(c.address) === isIp6(remote.address));
    return same.reduce<Candidate | null>((best, c) => (best && best.priority >= c.priority ? best : c), null);
  }
}

export function pathKind({ local, remote }: CandidatePair, isPrivate: (address: string) => boolean) {
  if (local.type === 'relay' || remote.type === 'relay') return 'relay';
  return isPrivate(remote.address) ? 'lan' : 'direct';
}
