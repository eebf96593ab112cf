/**
 * The pairs to check, in order (RFC 8445 §6.1.2). A pair is told by what it is sent from and where it
 * is sent to: host and reflexive candidates of one socket have the same base, so they make one pair
 * with each remote address (§6.1.2.4); a relay, or another socket, makes a pair of its own.
 */
import { isPrivateIp } from '../../base/ip.ts';
import type { Ms } from '../../base/units.ts';
import type { TransportAddress } from '../../effects.ts';
import { type Candidate, MAX_CANDIDATES } from '../../wire/candidate.ts';
import type { BaseId, CandidatePair, ChecksOptions, LocalCandidate } from './api.ts';
import { addressKey, candidatePriority, checkableCandidates, isIp6, pairPriority } from './candidates.ts';

export interface Pair {
  remote: Candidate;
  /** Before an answer: the best candidate of this base and family; after it: the address the peer saw. */
  local: LocalCandidate;
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
/** RFC 8445 §6.1.2.5 recommends 100 at most. */
const MAX_PAIRS = 64;

export class Checklist {
  readonly #role: ChecksOptions['role'];
  #local: readonly LocalCandidate[];
  #remote: readonly Candidate[];
  #pairs = new Map<string, Pair>();

  constructor(role: ChecksOptions['role'], local: readonly LocalCandidate[], remote: readonly Candidate[]) {
    this.#role = role;
    this.#local = local;
    this.#remote = remote;
    this.#pair();
  }

  /** Highest priority first. */
  get pairs(): readonly Pair[] {
    return [...this.#pairs.values()].sort((a, b) => (a.priority > b.priority ? -1 : a.priority < b.priority ? 1 : 0));
  }

  find(base: BaseId, remote: TransportAddress): Pair | null {
    return this.#pairs.get(pairKey(base, remote)) ?? null;
  }

  /** Every candidate of ours as of now; returns the pairs that lost their base, or that nobody wants on one that we leave. */
  setLocal(candidates: readonly LocalCandidate[]): readonly Pair[] {
    this.#local = candidates;
    const bases = new Map(candidates.map(({ base, left }) => [base, left ?? false]));
    const gone = [...this.#pairs].filter(([, { local, nominatedByPeer }]) => {
      const left = bases.get(local.base);
      return left === undefined || (left && !nominatedByPeer);
    });
    for (const [key] of gone) this.#pairs.delete(key);
    this.#pair();
    return gone.map(([, pair]) => pair);
  }

  addRemote(candidates: readonly Candidate[]): void {
    this.#remote = [...candidates, ...this.#remote].slice(0, MAX_CANDIDATES);
    this.#pair();
  }

  /**
   * Every candidate of the peer's as of now: what it left, and what was learned there, is worth no packet. But `keep`,
   * and what it has just nominated: a hard home's own word never names where its packets really come from.
   */
  setRemote(candidates: readonly Candidate[], keep: Pair | null): void {
    this.#remote = candidates.slice(0, MAX_CANDIDATES);
    const named = new Set(this.#remote.map(addressKey));
    for (const [key, pair] of this.#pairs)
      if (pair !== keep && !pair.nominatedByPeer && !named.has(addressKey(pair.remote))) this.#pairs.delete(key);
    this.#pair();
  }

  /**
   * A peer-reflexive remote (RFC 8445 §7.3.1.3), from an authenticated check. The oldest one makes room, or in a full list
   * the pair that is worth least: that the peer reaches us here is more than the others have shown.
   */
  learn(base: BaseId, from: TransportAddress, priority: number, keep: Pair | null): Pair | null {
    const named = new Set(this.#remote.map(addressKey));
    const spare = [...this.#pairs].filter(([, pair]) => pair !== keep && !pair.nominatedByPeer);
    const learned = spare.filter(([, p]) => p.local.base === base && !named.has(addressKey(p.remote)));
    const [oldest] = learned;
    if (learned.length >= MAX_LEARNED && oldest) this.#pairs.delete(oldest[0]);
    const [first] = spare;
    if (this.#pairs.size >= MAX_PAIRS && first)
      this.#pairs.delete(spare.reduce((least, one) => (one[1].priority < least[1].priority ? one : least), first)[0]);
    // Another port of a relay that the peer is known to use: one that it has opened since it told us.
    const relayed = this.#remote.some(({ type, address }) => type === 'relay' && address === from.address);
    const type = relayed ? 'relay' : 'prflx';
    const capped = Math.min(Math.max(priority, 1), candidatePriority(type, 0));
    return this.#insert(base, { type, ...from, priority: capped });
  }

  /** The peer saw us as `mapped`: that is the pair's true local candidate (§7.2.5.3.1). */
  seenAs(pair: Pair, mapped: TransportAddress): void {
    const { base, type } = pair.local;
    // A relay's peer sees the relay, whatever stands between us and it.
    if (type === 'relay') return;
    const known = this.#local.find((c) => c.base === base && c.address === mapped.address && c.port === mapped.port);
    pair.local = known ?? { type: 'prflx', ...mapped, priority: candidatePriority('prflx', 0), base };
  }

  /** The peer's last word counts, also where an earlier one could not be followed yet. */
  nominate(pair: Pair): void {
    for (const other of this.#pairs.values()) other.nominatedByPeer = other === pair;
  }

  #pair(): void {
    const remotes = checkableCandidates(this.#local, this.#remote);
    for (const base of new Set(this.#local.filter(({ left }) => !left).map((candidate) => candidate.base))) {
      for (const remote of remotes) {
        const known = this.find(base, remote);
        // Signalled later than learned: the peer's own word on type and priority wins.
        if (known?.remote.type === 'prflx') known.remote = remote;
        else if (!known && this.#pairs.size < MAX_PAIRS) this.#insert(base, remote);
      }
    }
  }

  #insert(base: BaseId, remote: Candidate): Pair | null {
    const local = this.#localOf(base, remote);
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
    this.#pairs.set(pairKey(base, remote), pair);
    return pair;
  }

  /** The best candidate of this base that can reach the remote's family; a relay reaches public addresses only. */
  #localOf(base: BaseId, remote: Candidate): LocalCandidate | null {
    const fitting = this.#local.filter(
      (c) =>
        c.base === base &&
        isIp6(c.address) === isIp6(remote.address) &&
        !(c.type === 'relay' && isPrivateIp(remote.address)),
    );
    return fitting.reduce<LocalCandidate | null>((best, c) => (best && best.priority >= c.priority ? best : c), null);
  }
}

function pairKey(base: BaseId, remote: TransportAddress): string {
  return `${base} ${addressKey(remote)}`;
}

/** To be checked as if for the first time. */
export function renew(pair: Pair): void {
  pair.state = 'waiting';
  pair.tries = 0;
  pair.nominatedByPeer = false;
}

/** The peer wants it, and our own check of it is still to succeed. */
export function isAwaited({ nominatedByPeer, state }: Pair): boolean {
  return nominatedByPeer && state !== 'succeeded';
}

export function isRelayed({ local, remote }: CandidatePair): boolean {
  return local.type === 'relay' || remote.type === 'relay';
}

export function pathKind(pair: CandidatePair, isPrivate: (address: string) => boolean) {
  if (isRelayed(pair)) return 'relay';
  return isPrivate(pair.remote.address) ? 'lan' : 'direct';
}
