/**
 * did:ethr → document, in one JSON-RPC batch: owner, last change, block and logs together. When the logs do not
 * reach back to the beginning, or the node refuses the range, the slow walk of ERC-1056 follows.
 */
import type { PublicClient } from 'viem';
import { WarrenError } from '../../base/errors.ts';
import { address, type Did, parseDid } from '../../base/units.ts';
import type { DidDocument } from '../../effects.ts';
import { ethereumDidRegistryAbi } from '../../wire/abi.ts';
import { atBlock, type Chain } from '../ledger/chain.ts';
import { type Entries, fold, isComplete, type RegistryEvent } from './document.ts';
import { eventsBetween, MAX_EVENTS, walkBack } from './history.ts';

const ZERO_ADDRESS = address('0x0000000000000000000000000000000000000000');

export interface Resolved {
  readonly document: DidDocument;
  /** The same entries with their ends, for whoever renews them. */
  readonly entries: Entries;
}

/**
 * @throws WarrenError did_unresolvable (other chain, incomplete or endless history), did_deactivated,
 * ledger_unreachable.
 */
export async function resolveDid(chain: Chain, did: Did): Promise<DidDocument> {
  return (await resolveEntries(chain, did)).document;
}

export async function resolveEntries(chain: Chain, did: Did): Promise<Resolved> {
  const { chainId, address: identity } = parseDid(did);
  if (chainId !== chain.profile.chainId)
    throw unresolvable(`${did} is of another chain than ${chain.profile.chainId}.`);
  const where = (client: PublicClient) => ({ client, registry: chain.profile.didRegistry, identity });
  const genesis = BigInt(chain.profile.deployedAtBlock ?? 0);

  const { owner, changed, block, events } = await chain.askSettled(async (client, settled) => {
    const registry = { address: chain.profile.didRegistry, abi: ethereumDidRegistryAbi, args: [identity] } as const;
    const [owner, changed, block, events] = await Promise.all([
      client.readContract({ ...registry, functionName: 'identityOwner', ...atBlock(settled) }),
      client.readContract({ ...registry, functionName: 'changed', ...atBlock(settled) }),
      client.getBlock({ includeTransactions: false, ...atBlock(settled) }),
      // Many public nodes limit the range: then this one answer fails and the walk replaces it.
      eventsBetween(where(client), genesis, settled ?? 'latest').catch((): null => null),
    ]);
    return { owner: address(owner), changed, block, events };
  });

  const whole = await complete(events, changed, () => chain.ask((client) => walkBack(where(client), changed)));
  const time = Number(block.timestamp);
  const entries = fold(whole, time);
  if (entries.deactivated || owner === ZERO_ADDRESS) {
    throw new WarrenError('did_deactivated', `${did} has been deactivated by its owner.`, 'Choose another node.');
  }
  const document = {
    did,
    controller: owner,
    delegates: entries.delegates,
    expired: entries.expired,
    services: entries.services.map((service) => service.url),
    block: { number: block.number, time },
  };
  return { document, entries };
}

async function complete(
  events: readonly RegistryEvent[] | null,
  changed: bigint,
  walk: () => Promise<RegistryEvent[] | null>,
): Promise<readonly RegistryEvent[]> {
  if (events && isComplete(events, changed)) return events;
  if (events && events.length > MAX_EVENTS) throw unresolvable('The identity has changed too often to be read.');
  const walked = await walk();
  if (!walked || !isComplete(walked, changed)) throw unresolvable('The node returned an incomplete history.');
  return walked;
}

function unresolvable(message: string): WarrenError {
  return new WarrenError(
    'did_unresolvable',
    message,
    'Choose another node, or another RPC address if none can be resolved.',
  );
}
