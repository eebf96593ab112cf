/**
 * Who this node is: its DID (the identity key's account, which is paid), and the hot key that signs
 * handshakes and offers as the DID's delegate. Registers what the chain lacks, and renews it in time; where
 * the identity is cold only its owner can, elsewhere, and this looks whether it was done.
 */
import { randomBytes } from 'node:crypto';
import { fromHex, type Hex, toHex } from '../shared/base/bytes.ts';
import { CALLED } from '../shared/base/called.ts';
import { WarrenError } from '../shared/base/errors.ts';
import { type Address, type Did, didOf, type Ms } from '../shared/base/units.ts';
import type { Clock, LedgerReader, LedgerWriter } from '../shared/effects.ts';
import { addressOf } from '../shared/node/secp256k1.ts';
import type { NetworkProfile } from '../shared/wire/network.ts';
import type { Keys } from './keystore.ts';

/** The delegate's life on chain, and how early it is renewed (the writer renews below half of it). */
export const DELEGATE_SECONDS = 30 * 86_400;
export const RENEW_EVERY_MS: Ms = 12 * 3_600_000;

const SETTLED_EVERY_MS: Ms = 1_000;
const SETTLED_TRIES = 180;

export interface Identity {
  readonly did: Did;
  readonly account: Address;
  /** Address of the hot key. */
  readonly delegate: Address;
  readonly hot: Uint8Array;
  /** Sends the transactions, and pays their gas: the account itself, or the delegate of a cold one. */
  readonly sender: { readonly account: Address; readonly key: Hex };
  readonly cold: boolean;
}

/** Two fresh keys, or a given identity key with a fresh hot one. @throws RangeError when it is no key. */
export function newKeys(identityHex?: string): Keys & { readonly account: Address } {
  const identity = identityHex ? fromHex(identityHex) : freshKey();
  return { identity, hot: freshKey(), account: addressOf(identity) };
}

/** A hot key for an identity whose own key stays elsewhere. */
export function coldKeys(account: Address): Keys & { readonly account: Address } {
  return { identity: null, hot: freshKey(), account };
}

export function identityOf(profile: NetworkProfile, keys: Keys & { readonly address: Address }): Identity {
  const account = keys.address;
  const delegate = addressOf(keys.hot);
  const sender = keys.identity ? { account, key: toHex(keys.identity) } : { account: delegate, key: toHex(keys.hot) };
  return { did: didOf(profile.chainId, account), account, delegate, hot: keys.hot, sender, cold: !keys.identity };
}

/**
 * Makes the chain say that the hot key speaks for the DID, and where it listens. Costs nothing when it does.
 * @throws WarrenError funds_insufficient (with the account to send coin to), ledger_unreachable, did_unresolvable,
 * delegate_unknown (a cold identity's owner has to do it).
 */
export async function ensureRegistered(
  identity: Identity,
  profile: NetworkProfile,
  reader: LedgerReader,
  writer: LedgerWriter,
  clock: Clock,
): Promise<void> {
  if (identity.cold) return requireDelegate(identity, reader);
  try {
    await writer.register({
      delegate: identity.delegate,
      delegateSeconds: DELEGATE_SECONDS,
      services: profile.relays,
    });
  } catch (error) {
    if (!(error instanceof WarrenError) || error.code !== 'funds_insufficient') throw error;
    const action = `Send some ${profile.coinSymbol} to ${identity.account} and start again.`;
    throw new WarrenError('funds_insufficient', 'The node cannot pay for its registration.', action, { cause: error });
  }
  // Clients read settled blocks: whoever trusts the offer before they show us would be refused.
  for (let tries = 0; tries < SETTLED_TRIES; tries++) {
    const { delegates } = await reader.resolve(identity.did);
    if (delegateOf(identity, delegates)) return;
    await new Promise<void>((resolve) => clock.after(SETTLED_EVERY_MS, resolve));
  }
  throw new WarrenError(
    'delegate_unknown',
    'The chain does not show the registration yet.',
    'Wait for the confirmations and start again.',
  );
}

async function requireDelegate(identity: Identity, reader: LedgerReader): Promise<void> {
  const { delegates } = await reader.resolve(identity.did);
  if (delegateOf(identity, delegates)) return;
  throw new WarrenError(
    'delegate_unknown',
    `The chain does not say that this node's key ${identity.delegate} may speak for ${identity.account}.`,
    `Run "${CALLED.provider('authorize')}" where the identity key is, then start again.`,
  );
}

/** When the hot key's leave ends, Unix seconds; null: it has none. */
export function delegateOf(
  { delegate }: Pick<Identity, 'delegate'>,
  delegates: Awaited<ReturnType<LedgerReader['resolve']>>['delegates'],
): { readonly validTo: number } | null {
  return delegates.find(({ address }) => address === delegate) ?? null;
}

function freshKey(): Uint8Array {
  // Rejected with a chance of 2^-128; addressOf throws then.
  for (;;) {
    const key = Uint8Array.from(randomBytes(32));
    try {
      addressOf(key);
      return key;
    } catch {
      // Draw again.
    }
  }
}
