/** Whether the key that signed a proposal speaks for the DID that it names. */
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { toHex } from '../shared/base/bytes.ts';
import { type ErrorCode, WarrenError } from '../shared/base/errors.ts';
import { type Address, address } from '../shared/base/units.ts';
import type { DidDocument } from '../shared/effects.ts';
import type { FoundProposal } from '../shared/wire/proposal.ts';

/**
 * The two accounts that an x-only key (BIP-340) can stand for: its even and its odd point. Empty when it is no key.
 */
export function accountsOf(xOnly: string): readonly Address[] {
  try {
    const even = secp256k1.Point.fromHex(`02${xOnly.replace(/^0x/, '')}`);
    return [even, even.negate()].map((point) =>
      address(toHex(keccak_256(point.toBytes(false).subarray(1)).subarray(12))),
    );
  } catch {
    return [];
  }
}

/**
 * Before any money is asked for: the proposal's key is the DID's controller or a live delegate, and
 * the channel pays the identity itself. @throws WarrenError `delegate_unknown`, `delegate_expired`, `did_unresolvable`.
 */
export function assertSpeaksFor({ key, proposal }: FoundProposal, document: DidDocument): void {
  if (document.did !== proposal.did) throw mistrust('did_unresolvable', 'The chain answered for another identity.');
  const accounts = accountsOf(key);
  const named = document.delegates.filter((delegate) => accounts.includes(delegate.address));
  const controls = accounts.includes(document.controller);
  const ended = document.expired?.some((account) => accounts.includes(account)) ?? false;
  if (!controls && named.length === 0 && !ended)
    throw mistrust('delegate_unknown', 'The offer is not signed by a key of the identity that it names.');
  if (!controls && named.every((delegate) => delegate.validTo <= document.block.time))
    throw mistrust('delegate_expired', "The node's key has run out and was not renewed on chain.");
  const identity = proposal.did.slice(proposal.did.lastIndexOf(':') + 1);
  if (proposal.payee !== identity && proposal.payee !== document.controller)
    throw mistrust('delegate_unknown', 'The offer wants to be paid to another account than its own.');
}

function mistrust(code: ErrorCode, message: string): WarrenError {
  return new WarrenError(code, message, 'Choose another node.');
}
