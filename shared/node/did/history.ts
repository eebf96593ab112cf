/** The registry events of one identity: in one question where the node allows it, else block by block backwards. */
import { formatLog, numberToHex, type PublicClient, padHex, parseEventLogs, toEventSelector } from 'viem';
import type { Address } from '../../base/units.ts';
import { ethereumDidRegistryAbi } from '../../wire/abi.ts';
import { inChainOrder, type RegistryEvent } from './document.ts';

/** An identity that changed more often than this is refused: reading it would be work without end. */
export const MAX_EVENTS = 1_000;
const MAX_LEAPS = 200;

const EVENTS = ethereumDidRegistryAbi.filter((entry) => entry.type === 'event');
const SELECTORS = EVENTS.map((event) => toEventSelector(event));

interface Where {
  readonly client: PublicClient;
  readonly registry: Address;
  readonly identity: Address;
}

/** Every event from `fromBlock` to `toBlock` in chain order. */
export async function eventsBetween(
  where: Where,
  fromBlock: bigint,
  toBlock: bigint | 'latest',
): Promise<RegistryEvent[]> {
  // Not viem's getLogs: with several event types it drops the filter on the identity.
  const answer = await where.client.request({
    method: 'eth_getLogs',
    params: [
      {
        address: where.registry,
        topics: [SELECTORS, padHex(where.identity, { size: 32 })],
        fromBlock: numberToHex(fromBlock),
        toBlock: toBlock === 'latest' ? toBlock : numberToHex(toBlock),
      },
    ],
  });
  const logs = answer.slice(0, MAX_EVENTS + 1).map((log) => formatLog(log));
  return inChainOrder(parseEventLogs({ abi: EVENTS, logs, strict: true }).map(fromLog));
}

/**
 * The leap-frog walk of ERC-1056: each event names the block of the one before. One question per block that changed
 * something; for nodes that limit the range of `eth_getLogs`. Null when it does not reach the beginning.
 */
export async function walkBack(where: Where, changed: bigint): Promise<RegistryEvent[] | null> {
  const found: RegistryEvent[][] = [];
  let block = changed;
  for (let leap = 0; block > 0n; leap++) {
    if (leap >= MAX_LEAPS) return null;
    const here = await eventsBetween(where, block, block);
    const first = here[0];
    if (!first || first.previousChange >= block) return null;
    found.push(here);
    block = first.previousChange;
  }
  return found.reverse().flat();
}

type Log = ReturnType<typeof parseEventLogs<typeof EVENTS, true>>[number];

function fromLog(log: Log): RegistryEvent {
  const place = { blockNumber: log.blockNumber, logIndex: log.logIndex, previousChange: log.args.previousChange };
  switch (log.eventName) {
    case 'DIDOwnerChanged':
      return { ...place, kind: 'owner', owner: log.args.owner };
    case 'DIDDelegateChanged':
      return {
        ...place,
        kind: 'delegate',
        type: log.args.delegateType,
        delegate: log.args.delegate,
        validTo: log.args.validTo,
      };
    case 'DIDAttributeChanged':
      return { ...place, kind: 'attribute', name: log.args.name, value: log.args.value, validTo: log.args.validTo };
  }
}
