/**
 * Checks that come before their addressee exists. A client's first ones go straight to the node, its candidates the
 * longer way through the rendezvous, and both ends have to be prepared for that (RFC 8445 §7.3). They are kept unread
 * for a moment; whoever they are for reads them as all others. Without that a client behind a hard NAT waits for the
 * repetition, since nothing that the node sends reaches it.
 */
import type { Ms } from '../../base/units.ts';
import type { TransportAddress } from '../../effects.ts';
import { addresseeOf } from '../../wire/stun/addressee.ts';
import type { BaseId } from './api.ts';

const KEEP: Ms = 2_000;
/** Where a flood pushes a client's out, the client's repetition comes 40 ms later, as if none had been kept. */
const MAX_KEPT = 128;
/** A check of ours has some 100 bytes; those that measure the MTU come later. */
const MAX_BYTES = 548;

export interface EarlyCheck {
  readonly packet: Uint8Array;
  readonly from: TransportAddress;
  readonly base: BaseId;
}

export class EarlyChecks {
  #kept: { readonly check: EarlyCheck; readonly fragment: string; readonly until: Ms }[] = [];

  /** Anything else than a check is nothing to it. */
  keep(check: EarlyCheck, now: Ms): void {
    const addressee = addresseeOf(check.packet);
    if (addressee?.to !== 'fragment' || check.packet.length > MAX_BYTES) return;
    this.#kept = this.#kept.filter(({ until }) => until > now).slice(1 - MAX_KEPT);
    this.#kept.push({ check, fragment: addressee.fragment, until: now + KEEP });
  }

  /** Those for this fragment, in their order, once. */
  take(fragment: string, now: Ms): readonly EarlyCheck[] {
    const theirs = this.#kept.filter((one) => one.fragment === fragment);
    this.#kept = this.#kept.filter((one) => one.fragment !== fragment);
    return theirs.filter(({ until }) => until > now).map(({ check }) => check);
  }
}
