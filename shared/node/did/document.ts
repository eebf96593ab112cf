/**
 * ERC-1056 events → the DID document that Warren decides on. Pure: the same events give the same document.
 * Of a DID's history only live `veriKey` delegates and the service attribute matter here.
 */

import { type Hex, utf8 } from '../../base/bytes.ts';
import { type Address, address } from '../../base/units.ts';

/** bytes32 names, right-padded with zeros, as the registry stores them. */
export const VERI_KEY = bytes32('veriKey');
/** Its value is one relay URL; a provider has one attribute per relay. */
export const SERVICE = bytes32('did/svc/WarrenVPN');

const MAX_SERVICES = 8;
const MAX_DELEGATES = 32;
const RELAY_URL = /^wss?:\/\/[\x21-\x7e]{1,190}$/;

/** One registry event with its place on the chain. */
export type RegistryEvent = {
  readonly blockNumber: bigint;
  readonly logIndex: number;
  readonly previousChange: bigint;
} & (
  | { readonly kind: 'owner'; readonly owner: string }
  | { readonly kind: 'delegate'; readonly type: Hex; readonly delegate: string; readonly validTo: bigint }
  | { readonly kind: 'attribute'; readonly name: Hex; readonly value: Hex; readonly validTo: bigint }
);

export interface Entries {
  /**
   * The last change of owner was to the zero address. Only the events say so: the registry's own `identityOwner`
   * answers with the identity itself then, as if nothing had happened.
   */
  readonly deactivated: boolean;
  readonly delegates: readonly { readonly address: Address; readonly validTo: number }[];
  /** Delegates that were, newest last. */
  readonly expired: readonly Address[];
  readonly services: readonly { readonly url: string; readonly validTo: number }[];
}

/**
 * Folds events (in chain order) as of `now` (Unix seconds). An entry lives while `validTo > now`, as the registry's
 * own `validDelegate` has it; a revocation is an event with `validTo` = its block's time.
 */
export function fold(events: readonly RegistryEvent[], now: number): Entries {
  const delegates = new Map<Address, number>();
  const known = new Set<Address>();
  const services = new Map<string, number>();
  let deactivated = false;
  for (const event of events) {
    if (event.kind === 'owner') {
      deactivated = BigInt(event.owner) === 0n;
    } else if (event.kind === 'delegate' && event.type === VERI_KEY) {
      const account = address(event.delegate);
      replace(delegates, account, event.validTo, now);
      known.delete(account);
      known.add(account);
    } else if (event.kind === 'attribute' && event.name === SERVICE) {
      const url = serviceUrl(event.value);
      if (url) replace(services, url, event.validTo, now);
    }
  }
  return {
    deactivated,
    delegates: [...delegates].slice(-MAX_DELEGATES).map(([account, validTo]) => ({ address: account, validTo })),
    expired: [...known].filter((account) => !delegates.has(account)).slice(-MAX_DELEGATES),
    services: [...services].slice(-MAX_SERVICES).map(([url, validTo]) => ({ url, validTo })),
  };
}

/**
 * True when no event is missing: each names the block of the one before it, the first names none and the last
 * stands in the block that the registry's `changed` says.
 */
export function isComplete(events: readonly RegistryEvent[], changed: bigint): boolean {
  let previous = 0n;
  for (const event of events) {
    if (event.previousChange !== previous) return false;
    previous = event.blockNumber;
  }
  return previous === changed;
}

export function inChainOrder(events: readonly RegistryEvent[]): RegistryEvent[] {
  return [...events].sort((a, b) => Number(a.blockNumber - b.blockNumber) || a.logIndex - b.logIndex);
}

/** @throws RangeError when the text is longer than 32 bytes. */
export function bytes32(text: string): Hex {
  const bytes = utf8(text);
  if (bytes.length > 32) throw new RangeError('longer than 32 bytes');
  return `0x${Buffer.from(bytes).toString('hex').padEnd(64, '0')}`;
}

/** Re-inserted at the end, so that the newest survive the bounds above. */
function replace<K>(live: Map<K, number>, key: K, validTo: bigint, now: number): void {
  live.delete(key);
  // `validity` is any uint256 on chain; for ever is far enough at 2^53 seconds.
  const ends = validTo > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(validTo);
  if (ends > now) live.set(key, ends);
}

function serviceUrl(value: Hex): string | null {
  const text = Buffer.from(value.slice(2), 'hex').toString('latin1');
  return RELAY_URL.test(text) ? text : null;
}
