/** Candidates and their priorities (RFC 8445 §5.1.2, §6.1.2.3), and which of a peer's are worth a packet. */
import { canonicalIp, isPrivateIp, isUnusableIp } from '../../base/ip.ts';
import type { TransportAddress } from '../../effects.ts';
import { type Candidate, type CandidateType, MAX_CANDIDATES } from '../../wire/candidate.ts';
import type { BaseId, LocalCandidate } from './api.ts';

/** RFC 8445 §5.1.2.2. */
const TYPE_PREFERENCE: Record<CandidateType, number> = { host: 126, prflx: 110, srflx: 100, relay: 0 };
const MAX_HOSTS = 10;

/** `rank` 0 is the most wanted among candidates of one type. One component, so 256 − 1. */
export function candidatePriority(type: CandidateType, rank: number): number {
  return TYPE_PREFERENCE[type] * 2 ** 24 + (65535 - Math.min(rank, 65535)) * 2 ** 8 + 255;
}

/** RFC 8445 §6.1.2.3, with G the controlling side's priority. */
export function pairPriority(controlling: number, controlled: number): bigint {
  const g = BigInt(controlling);
  const d = BigInt(controlled);
  const [low, high] = g < d ? [g, d] : [d, g];
  return 2n ** 32n * low + 2n * high + (g > d ? 1n : 0n);
}

/** Host candidates first, then reflexive ones that are no host's; at most 16. */
export function localCandidates(
  hosts: readonly TransportAddress[],
  reflexive: readonly TransportAddress[],
): Candidate[] {
  const found: Candidate[] = [];
  const add = (type: CandidateType, rank: number, at: TransportAddress) => {
    const address = canonicalIp(at.address);
    if (!address || isUnusableIp(address) || at.port < 1) return;
    if (found.some((c) => c.address === address && c.port === at.port)) return;
    found.push({ type, address, port: at.port, priority: candidatePriority(type, rank) });
  };
  for (const [rank, host] of hosts.slice(0, MAX_HOSTS).entries()) add('host', rank, host);
  for (const [rank, mapped] of reflexive.entries()) add('srflx', rank, mapped);
  return found.slice(0, MAX_CANDIDATES);
}

/**
 * The peer's candidates that we will send checks to. Addresses that no peer can have are dropped.
 * Private ones count only when both seem to be behind one NAT (same public address), or when we have
 * no public address at all: a stranger can not have us probe our own LAN.
 */
export function checkableCandidates(local: readonly Candidate[], remote: readonly Candidate[]): Candidate[] {
  const ours = new Set(local.filter((c) => c.type !== 'relay' && !isPrivateIp(c.address)).map((c) => c.address));
  const sameNat = ours.size === 0 || remote.some((c) => c.type === 'srflx' && ours.has(c.address));
  const kept = new Map<string, Candidate>();
  for (const candidate of remote.slice(0, MAX_CANDIDATES)) {
    const address = canonicalIp(candidate.address);
    if (!address || isUnusableIp(address) || (isPrivateIp(address) && !sameNat)) continue;
    const key = addressKey({ address, port: candidate.port });
    if (!kept.has(key)) kept.set(key, { ...candidate, address });
  }
  return [...kept.values()];
}

/** Under which addresses the world sees whoever has these: reflexive ones, and its own where nothing translates (IPv6). */
export function publicAddresses(candidates: readonly Candidate[]): string[] {
  const seen = candidates.filter(({ type, address }) => type === 'srflx' || (type === 'host' && !isPrivateIp(address)));
  return [...new Set(seen.map(({ address }) => address))];
}

/** The same candidates, all sent from one base. */
export function onBase(base: BaseId, candidates: readonly Candidate[]): LocalCandidate[] {
  return candidates.map((candidate) => ({ ...candidate, base }));
}

export function addressKey({ address, port }: TransportAddress): string {
  return `${address} ${port}`;
}

export function isIp6(address: string): boolean {
  return address.includes(':');
}
