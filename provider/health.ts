/** Whether the node is well: one line a thing that can fail, with what to do. Pure. */
import { CALLED } from '../shared/base/called.ts';
import type { Ms, Wei } from '../shared/base/units.ts';
import type { Nat } from '../shared/machine/traversal/api.ts';
import type { HealthLine } from './dashboard/status.ts';
import { natWords } from './nat-words.ts';

export interface HealthFacts {
  readonly relays: 'connecting' | 'connected' | 'unreachable';
  readonly ledger: 'unknown' | 'reachable' | 'unreachable';
  /** Relays that have the offer; null: it is not published yet. */
  readonly offered: number | null;
  readonly nat: Nat | null;
  /** Whether the resolver's servers answer; null: they have not been asked. */
  readonly names: boolean | null;
  /** Of the account that pays for claims; null: not read yet. */
  readonly coin: Wei | null;
  readonly sender: string;
  readonly coinSymbol: string;
  /** Until when the hot key may speak for a cold identity, epoch ms; null: it renews itself. */
  readonly authorizedUntil: Ms | null;
  readonly freeMemoryMB: number | null;
  readonly minFreeMemoryMB: number;
  /** How late the node is with everything, on average; and whether that is too much. */
  readonly lateMs: Ms;
  readonly strained: boolean;
  readonly now: Ms;
}

/** Some claims' worth of gas on a cheap chain, in wei of the coin. */
const LOW_COIN: Wei = 10n ** 15n;
/** Over TLS it is port 853, which some networks close. */
export const NO_NAMES =
  'Clients can look no names up. If port 853 is closed here, set upstreamDns to "system" or to another server.';
const WARN_BEFORE_MS: Ms = 14 * 86_400_000;

export function healthOf(facts: HealthFacts): readonly HealthLine[] {
  const nat = natWords(facts.nat);
  return [
    line(
      'Relays',
      facts.relays === 'connected',
      facts.relays,
      'Clients can not find this node: check the internet connection.',
    ),
    facts.offered === null
      ? line('Offer', true, 'being published', null)
      : line(
          'Offer',
          facts.offered > 0,
          `at ${facts.offered} ${facts.offered === 1 ? 'relay' : 'relays'}`,
          'No relay took the offer; it is tried again by itself.',
        ),
    line(
      'Chain',
      facts.ledger !== 'unreachable',
      facts.ledger,
      'Proofs are kept and claimed later; check the RPC address of the network profile.',
    ),
    line(
      'Names',
      facts.names !== false,
      facts.names === null ? 'not asked yet' : facts.names ? 'a DNS server answers' : 'no DNS server answers',
      NO_NAMES,
    ),
    gas(facts),
    ...(facts.authorizedUntil === null ? [] : [authorized(facts.authorizedUntil, facts.now)]),
    { name: 'NAT', ok: nat.good, text: nat.title, action: nat.action },
    processor(facts),
    memory(facts),
  ];
}

function gas({ coin, sender, coinSymbol }: HealthFacts): HealthLine {
  if (coin === null) return line('Gas', true, 'not read yet', null);
  const text =
    coin === 0n ? `no ${coinSymbol}` : coin < LOW_COIN ? `little ${coinSymbol} left` : `enough ${coinSymbol}`;
  return line('Gas', coin >= LOW_COIN, text, `Send some ${coinSymbol} to ${sender}: claims cost gas.`);
}

function authorized(until: Ms, now: Ms): HealthLine {
  const days = Math.max(0, Math.floor((until - now) / 86_400_000));
  return line(
    'Leave of the cold key',
    until - now > WARN_BEFORE_MS,
    `for ${days} more days`,
    `Run "${CALLED.provider('authorize')}" where the identity key is.`,
  );
}

function processor({ lateMs, strained }: HealthFacts): HealthLine {
  const text = strained ? `${Math.round(lateMs)} ms late with everything` : 'keeps up';
  const action = 'No new client until it keeps up with those that are here: close other programs, or lower maxClients.';
  return line('Processor', !strained, text, action);
}

function memory({ freeMemoryMB, minFreeMemoryMB }: HealthFacts): HealthLine {
  if (freeMemoryMB === null) return line('Memory', true, 'not known on this system', null);
  const action = `No new client while less than ${minFreeMemoryMB} MB are free: close other programs, or lower minFreeMemoryMB.`;
  return line('Memory', freeMemoryMB >= minFreeMemoryMB, `${freeMemoryMB} MB free`, action);
}

function line(name: string, ok: boolean, text: string, action: string | null): HealthLine {
  return { name, ok, text, action: ok ? null : action };
}
