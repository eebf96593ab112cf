/** Who may speak for a DID, and whether the terms are the ones that were promised. */
import type { ErrorCode } from '../../base/errors.ts';
import { type Address, address, type Did, parseDid } from '../../base/units.ts';
import type { DidDocument } from '../../effects.ts';
import type { OfferedTerms, RecoverDigest } from './api.ts';

const ZERO = address(`0x${'0'.repeat(40)}`);

/** Whom a signature is by; null when it is none. */
export function recovered(recover: RecoverDigest, digest: Uint8Array, signature: Uint8Array): Address | null {
  try {
    return recover(digest, signature);
  } catch {
    return null;
  }
}

/**
 * Null when `signer` speaks for the DID at the document's block: its controller, or a `veriKey`
 * delegate that is still live (ERC-1056: `validTo` > block time).
 */
export function authorityFault(document: DidDocument, did: Did, signer: Address): ErrorCode | null {
  if (document.did !== did) return 'did_unresolvable';
  if (document.controller === ZERO) return 'did_deactivated';
  if (signer === document.controller) return null;
  const entries = document.delegates.filter((delegate) => delegate.address === signer);
  if (entries.length === 0) return document.expired?.includes(signer) ? 'delegate_expired' : 'delegate_unknown';
  return entries.some((delegate) => delegate.validTo > document.block.time) ? null : 'delegate_expired';
}

/** The channel must pay the identity itself or its controller: a hot key cannot redirect the money. */
export function payeeBelongs(document: DidDocument, payee: Address): boolean {
  return payee === parseDid(document.did).address || payee === document.controller;
}

export function sameTerms(a: OfferedTerms, b: OfferedTerms): boolean {
  return (
    a.pricePerMB === b.pricePerMB &&
    a.chainId === b.chainId &&
    a.channels === b.channels &&
    a.token === b.token &&
    a.payee === b.payee &&
    a.minGraceMinutes === b.minGraceMinutes
  );
}
