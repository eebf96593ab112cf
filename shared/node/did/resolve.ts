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
  const { owner, block, events } = await historyOf(chain, did);
  const time = Number(block.timestamp);
  const entries = fold(events, time);
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

/**
 * Unix seconds of the block that holds the DID's first entry; null when there is none: an address is a DID without one.
 * @throws WarrenError did_unresolvable, ledger_unreachable.
 */
export async function bornAt(chain: Chain, did: Did): Promise<number | null> {
  const [first] = (await historyOf(chain, did)).events;
  if (!first) return null;
  const block = await chain.ask((client) =>
    client.getBlock({ includeTransactions: false, blockNumber: first.blockNumber }),
  );
  return Number(block.timestamp);
}

/** Every event of the DID in chain order, with its owner, as of `block`. */
async function historyOf(chain: Chain, did: Did) {
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
  return { owner, block, events: whole };
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
