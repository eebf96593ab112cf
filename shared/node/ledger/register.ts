/** Keeps a provider's DID document true: its hot key as delegate and its relays as service attributes. */
import { encodeFunctionData, stringToHex } from 'viem';
import type { Hex } from '../../base/bytes.ts';
import { WarrenError } from '../../base/errors.ts';
import { type Address, didOf } from '../../base/units.ts';
import type { LedgerWriter } from '../../effects.ts';
import { ethereumDidRegistryAbi } from '../../wire/abi.ts';
import { SERVICE, VERI_KEY } from '../did/document.ts';
import { resolveEntries } from '../did/resolve.ts';
import type { Chain } from './chain.ts';
import type { Call } from './submit.ts';
import type { Transact } from './transact.ts';

/** Service attributes are renewed by hand of this same verb; a year keeps them cheap. */
const SERVICE_SECONDS = 365 * 86_400;
/** Entries with less than this share of their life left are renewed. */
const RENEW_BELOW = 0.5;

/**
 * Sends only what is missing, so that a restart costs nothing: adds or renews the delegate and the services, revokes
 * services that are no longer wanted. Resolves when all of it is mined.
 * @throws WarrenError did_deactivated, did_unresolvable and what `Transact.send` throws; transaction_failed when
 * this account no longer owns its own DID.
 */
export async function register(
  chain: Chain,
  transact: Transact,
  account: Address,
  wanted: Parameters<LedgerWriter['register']>[0],
): Promise<void> {
  const calls = await registrationCalls(chain, account, wanted);
  await Promise.all(calls.map((call) => transact.send(call)));
}

/** What `register` would send, for whoever signs elsewhere. @throws WarrenError as `register`. */
export async function registrationCalls(
  chain: Chain,
  account: Address,
  wanted: Parameters<LedgerWriter['register']>[0],
): Promise<readonly Call[]> {
  const { document, entries } = await resolveEntries(chain, didOf(chain.profile.chainId, account));
  if (document.controller !== account) {
    throw new WarrenError(
      'transaction_failed',
      `The DID of ${account} is owned by ${document.controller} now.`,
      'Register with the key of the new owner.',
    );
  }
  const now = document.block.time;
  const calls: Hex[] = [];
  const isFresh = (validTo: number | undefined, seconds: number) =>
    validTo !== undefined && validTo - now > seconds * RENEW_BELOW;

  const delegate = entries.delegates.find((known) => known.address === wanted.delegate);
  if (!isFresh(delegate?.validTo, wanted.delegateSeconds)) {
    calls.push(
      encodeFunctionData({
        abi: ethereumDidRegistryAbi,
        functionName: 'addDelegate',
        args: [account, VERI_KEY, wanted.delegate, BigInt(wanted.delegateSeconds)],
      }),
    );
  }
  for (const url of wanted.services) {
    if (isFresh(entries.services.find((known) => known.url === url)?.validTo, SERVICE_SECONDS)) continue;
    calls.push(
      encodeFunctionData({
        abi: ethereumDidRegistryAbi,
        functionName: 'setAttribute',
        args: [account, SERVICE, stringToHex(url), BigInt(SERVICE_SECONDS)],
      }),
    );
  }
  for (const { url } of entries.services) {
    if (wanted.services.includes(url)) continue;
    calls.push(
      encodeFunctionData({
        abi: ethereumDidRegistryAbi,
        functionName: 'revokeAttribute',
        args: [account, SERVICE, stringToHex(url)],
      }),
    );
  }
  return calls.map((data) => ({ to: chain.profile.didRegistry, data }));
}
